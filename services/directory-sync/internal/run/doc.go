// Package run is one sync of one connection: read what is new in Entra, decide, write, remember.
//
//	Source --news--> Mirror --directory.Decide--> changes --Guard--> Lease.Write --> Lease.Save
//	                   ^                                                                 |
//	                   '------------------------- Cursor (delta links) <-----------------'
//
// The cursor is saved last, when every user that was to change is durable (or noted as failed), so a
// sync that dies anywhere is repeated from the same links and ends the same. A sync that finds nothing
// new writes nothing at all: one request for users, one per 50 groups that mappings name.
//
// # Reading
//
// Users and the members of groups are read by delta; a link lives seven days, and a lost one (410,
// syncStateNotFound) leads to a full read that ends in the same state
// (https://learn.microsoft.com/graph/delta-query-overview). What was read counts only when the last
// page was: a round that broke is forgotten, links and all. A full read without a single person is
// refused, since every tenant has an administrator. Somebody who merely is not there any more, without
// Entra having said that he was deleted, is asked for by id before he is removed.
//
// # Deciding
//
// If the last sync left nothing undone and the mappings are the same, only those are decided about of
// whom there are news, and only their parts of the mirror are read. Once a day, and whenever in doubt,
// everybody is.
//
// # One at a time
//
// A sync that writes holds the connection's lease, and every write is one batch with it: a process
// that was paused and replaced can write nothing any more.
//
// # Errors
//
// MASS_CHANGE (Precondition) comes when the guard held suspensions and removals back; the rest was
// done. SYNC_RUNNING (Conflict) says that another process is at it. A user that cannot be written is
// in the report and stays to be done; the others go on.
package run
