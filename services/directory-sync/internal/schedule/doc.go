// Package schedule says when which connection is synced: at start, every interval, and soon after
// something that matters changed.
//
//	Want(connection, cause) --\
//	interval, with jitter   ---> at most Parallel at a time, one per connection --> sync
//
// What is wanted while a connection is being synced is done right after. A sync that fails is tried
// again when the error says so, after 15 s and then ever later if it may pass by itself, and at the
// next interval at the latest. Hints may be lost, doubled or come in any order: a sync looks at
// everything there is.
package schedule
