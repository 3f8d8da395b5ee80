// Package content says how a mailbox and a drive lie in the vault: what the writer (backup-worker)
// and the readers (restore-worker, an offline reader) agree on, and the vault itself does not know.
//
// # A mailbox
//
//	container            item            kind           parts
//	vault.Root           <folder id>     KindFolder     "item": the mailFolder as Graph served it
//	<folder id>          <message id>    KindMessage    "item": the message as the page served it
//	                                                    "attachment/0", "attachment/1"...: see below
//	                                                    "mime": what /$value served, where JSON is not enough
//
// Ids are Graph's immutable ids (https://learn.microsoft.com/graph/outlook-immutable-id).
// Meta.Parent of a folder is its parent folder's id, "" at the top of the mailbox. Meta.Name is the
// subject or the folder's name. Meta.Modified of a message is when it was received. Meta.Size is the
// bytes of its parts. Columns are [ColumnFrom] and [ColumnTo].
//
// An attachment is kept as the attachments collection served it (an item attachment has its item
// expanded), but for the bytes of a file: those are in "attachment/<n>/content", and the JSON in
// "attachment/<n>" lacks contentBytes. So a logo or a report that hangs on a thousand messages is
// stored once. Small contents stay in the JSON: readers look whether there is a part for them. Of a
// very large attached item, "attachment/<n>/content" is the MIME text instead of the expanded item.
//
// MIME is kept for what JSON does not carry: signed and encrypted mail (a signature is over bytes),
// and every message class but IPM.Note.
//
// # A drive
//
//	container            item            kind           parts
//	vault.Root           [Drive]         KindFolder     "item": the drive's root folder
//	[Drive]              <item id>       KindFolder     "item": the driveItem
//	[Drive]              <item id>       KindFile       "item": the driveItem, "content": the file's bytes
//
// All items are in the one container, keyed by id, since Graph does not resend what is below a
// folder that was renamed or moved. Meta.Parent is the parent folder's id, "" directly below the
// root. The driveItem is as the delta page served it but for @microsoft.graph.downloadUrl, which is
// a short-lived secret and differs each time. Meta.Modified is fileSystemInfo.lastModifiedDateTime,
// what the person's own disk said; Meta.Size is the size that Graph states.
//
// # Small print
//
// [Attributes] are the item's Meta.Attributes: what is needed of an item without opening it, but is
// nothing to search for. [Record] is the vault.Run.Record of a unit: which resource it is.
package content
