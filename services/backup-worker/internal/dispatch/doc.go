// Package dispatch derives from state what is not state: the entries of the queue, the schedules,
// and the jobs that a schedule that fired leads to.
//
//	job entity in "queued"  -> Placer    -> one entry in the queue, when its time has come and no other
//	                                        job of the resource has to end before
//	profile with a schedule -> Schedules -> a schedule that fires
//	a schedule that fired   -> FanOut    -> a job for each protected resource of the profile
//	a dead letter           -> Undertaker -> the job ends as failed
//
// Everything may be done by several processes at once and any number of times: a place in the
// queue holds one entry, and a resource has one backup job until that ends. Changes of entities are
// hints that make it quick; at the start and every 10 minutes everything is compared anew.
package dispatch
