// Package jobs is the queue of work on resources.
//
//	Enqueue -> stream JOBS, subject jobs.<class>.<connection>.<resource> -> Work -> done, later, or dead
//
// A subject holds one message, from Enqueue until the end of the work. So a resource is queued or
// running at most once per class, and a second Enqueue is told so. Classes have a queue and workers each:
// a restore never waits behind backups.
//
// # Running
//
// A worker says three times within AckWait that it is alive, and hears that the server knows. A worker that
// does not hear so for most of AckWait has to take it that another one is about to get the job: the
// run's context ends with [ErrLost], it must write nothing any more, and its end is not reported. This is
// the first fence, and it trusts the worker's clock; what a run writes needs its own (the lease in the
// entity it writes, decided by the entity's sequence), because an acknowledgement by an earlier worker
// would be accepted and would end the work of the present one.
//
// Delivery is at least once: a handler that is called for work that has ended before returns nil.
//
// # Endings
//
//	nil, NotFound, Exists                            done
//	Throttled, Transient, Exhausted, Conflict,
//	Resync, Internal, a panic                        later, an attempt more; dead after Config.MaxAttempts
//	[Later]                                          later, not an attempt
//	Invalid, Unsupported, Permission, Unauthentic,
//	Precondition                                     dead
//	[ErrHandBack], ctx ended because of a shutdown   handed back, another worker has it at once
//	ctx ended by [Queue.Cancel]                      over
//
// A job that is put off occupies neither a worker nor its place in the queue: it waits in stream RETRY as
// a schedule and comes back through [Queue.Tend], which puts it back into the queue. If the place is taken
// by then it is dropped, since what is queued does the same work; a restore is not dropped but waits.
// A job that kills its workers is delivered bus.Config.JobFuse times; then Tend turns it into a dead
// letter, which frees its subject. Dead letters stay until a person releases them.
//
// # Admission
//
// The queue has no order but arrival. Who may work how much is decided before Enqueue: a dispatcher,
// one process at a time ([Schedules.Lead]), takes from its own backlog what fits.
//
// Sources: NATS ADR-37 (pull consumers), ADR-42 (pinned), ADR-51 (schedules); measured behaviour is in
// the tests of this package.
package jobs
