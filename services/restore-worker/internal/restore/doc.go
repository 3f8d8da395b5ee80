// Package restore gives the content of a snapshot back. It decides which folders are needed, what
// becomes of each item, and what to do when something fails; how a mailbox or a drive is written
// is behind [Target].
//
//	Order   what a person asked for
//	Run     chooses, makes sure of the folders, puts the items in
//	Decide  skip, create, replace or complete, for one item
//	Report  what became of it all
//
// # No item twice
//
// A restore can be killed at any moment and begun again, by another process too, and keeps no
// journal. What it made says so itself: every item that is put in carries a [Mark] with the
// identity of what it was made from, and [Target.Find] finds it again. A call that may or may not
// have done its work is followed by another look before it is made again. An item that is put
// in by several calls is marked as unfinished until the last one, and is completed, not made again.
//
// # The same item
//
// In the place that it came from, an item is the same as the one that still has its id, wherever
// that was moved to, unless it was thrown away. Otherwise the target says what is alike: for mail
// internet message id and time of receipt in the folder, for files the path. What is alike but is
// another item of the same snapshot, or was restored from another item, is not the same: real
// mailboxes hold true duplicates, and both are given back.
//
// # Not whole
//
// What a backup could not read of an item is missing from what is restored too. Such an item is put
// in and reported as incomplete; it never takes the place of what the target has, which may be whole.
//
// # Failure
//
// An item that fails costs only itself and goes into the report. What concerns them all ends
// the run: no room (Exhausted), no right (Unauthentic, Permission), no mailbox (Precondition), the
// end of the context (Cancelled), too many calls (Throttled), and [maxInARow] failures in a row
// that look as if the service were away (Transient). The caller tries those again later that may
// pass by themselves.
package restore
