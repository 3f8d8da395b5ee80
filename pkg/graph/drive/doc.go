// Package drive reads and writes one drive (a user's OneDrive, a document library) through Graph:
// what changed, contents, versions; and for restoring folders and files with their dates.
//
//	Of(user) -> Changes(link) -> Change{Raw} ... -> next link;  Download(item) -> Content
//	CreateFolder, Upload(parent, name, content) -> Item
//
// Items are known by id: a delta names parents by id alone, and the rename of a folder does not
// report its children (https://learn.microsoft.com/en-us/graph/api/driveitem-delta). What is read
// stays as Graph served it, less the download address, which is a key to the content that expires
// within the hour.
//
// Sizes are bytes. The hash of business drives is quickXorHash; SharePoint rewrites Office files,
// PDF and HTML when they are uploaded, so size and hash of what was uploaded may differ from what
// is there then (https://github.com/OneDrive/onedrive-api-docs/issues/935).
//
// A user without a drive is Precondition with reason GRAPH_NO_DRIVE.
package drive
