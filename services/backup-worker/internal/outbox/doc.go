// Package outbox is the one place where backup-worker writes state, and with it facts: profiles,
// resources and jobs. What belongs together is written together.
//
//	Protect, Unprotect          resource: resource-protected, resource-updated, resource-unprotected
//	RequestBackup               job: job-queued; or resource: backup-requested if one runs already
//	RequestVerify               job: job-queued
//	Begin                       resource: backup-started   + job: job-started     (one batch)
//	Postpone                    resource: backup-postponed + job: job-queued      (one batch)
//	End                         resource: backup-completed | backup-failed | backup-cancelled
//	                            + job: job-ended                                  (one batch)
//
// # Coalescing
//
// The id of a backup job is a hash of its resource and of how many backups of that resource have
// ended. So until one ends, everybody who asks for a backup comes to the same job, without a lock
// and without a list; the batch that ends it counts up, and the next one has another id.
//
// # The lease
//
// Begin takes the resource's lease: owner, job, an epoch that only rises. Postpone and End are
// refused (fault.Conflict, reason LEASE_LOST) unless the lease still has that epoch: a worker that
// was taken for dead cannot report the end of somebody else's run. The vault's head is the second
// fence.
//
// [Views] are projections for lists and hints; nothing is decided by them.
package outbox
