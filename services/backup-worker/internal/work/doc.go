// Package work does the jobs: it takes them from the queue, gives the backup its source and its
// sink, reports progress, and says how it ended.
//
//	queue -> lease -> source + session -> backup -> commit -> end
//
// How an attempt ends:
//
//	committed                                  job ended, lease released, backup-completed
//	throttled, or for a passing reason         checkpoint; the job waits and is tried again
//	a reason that stays, or too many failures  job ended, backup-failed with cause and next step
//	cancelled                                  job ended, backup-cancelled
//	this process stops                         checkpoint; the job goes back to the queue
//	the unit was written by somebody else      the job goes back to the queue, if the lease is still its own
//	the job or the lease was lost              nothing is written: somebody else is at it
//
// A run that is begun again goes on where its last checkpoint was. One that had committed and died
// before it could say so finds that out from the vault, and says so.
package work
