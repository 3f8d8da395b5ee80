// Package outbox is the one place where backup-worker writes state, and with it facts: profiles,
// resources and jobs. What belongs together is written together.
//
//	Protect, Unprotect          resource: resource-protected, resource-updated, resource-unprotected
//	RequestBackup               job: job-queued; if one has begun: resource: backup-requested + job: job-queued (one batch)
//	RequestVerify               job: job-queued
//	Begin                       resource: backup-started   + job: job-started     (one batch)
//	Postpone                    resource: backup-postponed + job: job-queued      (one batch)
//	End                         resource: backup-completed | backup-failed | backup-cancelled
//	                            + job: job-ended, and job-queued of the job that waited for it (one batch)
//
// # Coalescing
//
// Whoever asks for a backup gets the job whose snapshot holds what is in the resource at that moment.
// A job that has not begun to read is such a one, so all who ask until then come to the same: its id is
// a hash of the resource and of how many of its backups have ended, which needs no lock and no list. A
// job that has begun is not: the first who asks meanwhile writes, with the resource, the job that
// follows it (next_job, after_job), and all others come to that. The batch that ends a job counts up and
// lets the next one come forward, so that it is neither forgotten nor begun too early.
//
// Schedules want no more than that a backup comes: for them a job that has begun will do.
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
