// Package outbox writes the restores: the state of each, which is the fact that others read, with
// who works on it.
//
//	requested -> started -> completed | failed | cancelled
//	             ^     |
//	             +-- delayed, or taken over by another process (resumed)
//
// The restore is its own lease: owner and epoch say who may report on it, and an epoch that is not
// the newest is refused with reason LEASE_LOST. Whoever the queue hands the job to takes the lease;
// the queue does that only when the one before is gone.
package outbox
