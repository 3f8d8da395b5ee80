// Package drive is the simulated OneDrive for Business, as far as Graph shows it: items, deltas,
// downloads, uploads, versions, names and quota; with the pre-authenticated host where contents
// are read and written.
//
// # A drive costs nothing until it is looked at, contents never
//
// The tree of a drive is made up from the seed, or listed from a folder of this machine, when
// somebody first asks for it; what is in the files is made or read while it is served (package
// blob). Once somebody changes a drive its tree stays in memory; of the others, those that were
// used last do.
//
//	root -> folders and files, by name without case
//	log:  1 root  2 folder  3 file ...  17 file 3 again    (an item counts where it stands last)
//
// A delta token is a range of the log. An item is told behind the folders that it is in, as
// OneDrive does, also behind those that did not change, so folders may come again; the header
// deltaExcludeParent leaves out the latter. Of a deleted folder only the folder is told. Expire
// makes tokens worthless: 410 resyncRequired with the address to start over from.
//
// # Dates
//
// fileSystemInfo is what clients say, or the moment of the call. createdDateTime and
// lastModifiedDateTime of an item are the same, as on business drives. A folder's do not change
// with what is in it; its size does.
//
// # Names
//
// See [checkName]. They are compared without case. A name with "eicar" in it makes a file
// infected: metadata has a malware facet, and nobody gets the content.
//
// # Sharing
//
// An item has the owner's permission, its own and those of the folders above; each is told on the
// item with where it comes from. A change of sharing is no change of the item: a delta tells it
// only to who asks with the three preferences of a scan and may see everything, and marks the item
// with @microsoft.graph.sharedChanged. A link that is made again has another address.
//
// # Uploads
//
// Bytes go to a file on disk that has no name. Missing folders on the path of an upload are made.
// A deleted item goes to the recycle bin, which counts in quota.deleted; there is no way back.
//
// Sources:
//   - https://learn.microsoft.com/graph/api/resources/driveitem, .../resources/drive
//   - https://learn.microsoft.com/graph/api/driveitem-delta, .../driveitem-get-content
//   - https://learn.microsoft.com/graph/api/driveitem-put-content, .../driveitem-createuploadsession
//   - https://learn.microsoft.com/graph/api/driveitem-list-versions
//   - https://learn.microsoft.com/graph/api/resources/permission, .../driveitem-createlink, .../driveitem-invite
//   - https://learn.microsoft.com/onedrive/developer/rest-api/concepts/scan-guidance
//   - https://learn.microsoft.com/onedrive/developer/rest-api/concepts/addressing-driveitems
//   - names: https://support.microsoft.com/office/64883a5d-228e-48f5-b3d2-eb39e07630fa
package drive
