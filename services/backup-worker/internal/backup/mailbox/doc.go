// Package mailbox backs up one mailbox.
//
//	folder tree, read whole            -> items of Root; folders that are gone or excluded go
//	items that failed before           -> one by one
//	each folder, four at a time:
//	  changes since its link, by page  -> Put, Delete
//	  the page's rest (MIME)           -> Put
//	  next link, when all of the page is put
//
// The tree is read whole each time: a request or two, where a delta of folders would have to know
// the excluded ones as well. A link that Graph has forgotten (fault.Resync), or a container without
// one, is read from the start; what does not come by is deleted then. Message ids are immutable ids,
// so a message that moved comes as removed in one folder and as new in the other.
//
// Memory is bounded by the page (its messages with attachments), not by the folder: but for 8 bytes a
// message while a folder is read from the start a second time.
package mailbox
