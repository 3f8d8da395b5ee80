// Package vault is the backup store: what Microsoft 365 sent, kept compressed, sealed and
// deduplicated, as snapshots that can be listed, searched, compared and given back.
//
// A vault belongs to one connection and is organised by unit. A unit is one protected resource (a
// mailbox, a drive); nothing is shared between units, so that cost follows the change and erasing
// one leaves no trace in another. The bytes are specified in docs/formats.md.
//
//	unit ── snapshot (a committed head, numbered by seq)
//	          └─ container (a mail folder, a drive folder)
//	               └─ item (a message, a file): metadata, columns and named parts of bytes
//
// # Writing
//
// One run of a backup is one [Session]. It continues from the newest head, so a run that died is
// resumed by beginning it again: the items and links of its last checkpoint are there.
//
//	session, err := v.Begin(ctx, unit, vault.Run{ID: run})
//	defer session.Close()
//	if done, ok := session.Finished(); ok { return done }   // committed before the process died
//	link, _ := session.Link(ctx, folder)
//	for page := range pages(link) {
//		for item := range page { session.Put(ctx, item) }   // from several goroutines at will
//		session.SetLink(ctx, folder, page.Next)             // after the page's items, never before
//	}
//	snapshot, err := session.Commit(ctx, vault.Outcome{})
//
// A commit creates the next head if it does not exist yet. Whoever is second gets fault.Conflict
// with reason [Fenced] and has changed nothing. A checkpoint is such a commit too, made by Put
// every 5 minutes or 65,536 rows; a crash loses no more than what came after the last one.
//
// # Reading
//
// A [View] is one snapshot. It needs the unit's key and the store, no service and no local state.
// Iterators end with the first error, which they yield.
//
// # Errors
//
// Kinds are of package fault. Reasons: [Fenced] (Conflict: another writer was first), [Damaged]
// (Internal: stored bytes are not what was written), [Full] (Exhausted), [UnsafeStore]
// (Precondition: the store overwrote a name that exists), [OtherVault] (Precondition), [KeyWorn]
// (Precondition: the key sealed 2^31 times). A unit, snapshot, item or part that is not there is
// fault.NotFound.
//
// Sizes are bytes, times are UTC with millisecond precision, ids are opaque text.
package vault
