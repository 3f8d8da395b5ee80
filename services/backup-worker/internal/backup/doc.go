// Package backup is what backing up means, without Graph and without the vault: where items go
// (Sink), how far a run is (Progress), and how many things are done at once (Crew). Packages mailbox
// and drive are the two kinds of runs.
//
//	source (a port of the run) -> changes since a link -> Sink.Put, Sink.Delete -> Sink.SetLink
//
// A run can be cut off anywhere and begun again: what it put is put again at no cost, and a link is
// kept only when everything before it is.
//
// An item that cannot be read costs only itself: it is put on record as failed (Sink.Fail), the
// snapshot is partial, and the next run tries it first. Errors that a run returns concern all of it.
package backup
