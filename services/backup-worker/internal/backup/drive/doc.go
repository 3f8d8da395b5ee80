// Package drive backs up one drive.
//
//	items that failed before    -> one by one
//	changes since the link:
//	  a page is read to its end, then its items are stored, several at a time
//	    folder                  -> Put
//	    file, content known     -> Put, keeping the content that is stored
//	    file                    -> download, Put
//	    deleted, or excluded    -> Delete
//	  next link, when all of the page is stored
//	below folders that were deleted -> Delete
//
// A file's content is known if its quickXorHash and size are those of what is stored, or else its
// cTag: renaming, moving and sharing change neither. A delta does not say which items were in a
// deleted folder, or below a renamed one, so items are kept by id with their parent's id
// (https://learn.microsoft.com/graph/api/driveitem-delta).
//
// An unchanged drive costs one request. A link that Graph has forgotten, another drive in the place
// of the old one, and other exclusions than last time mean that everything is read from the start;
// contents that are stored are not downloaded again even then.
package drive
