// Package backupworker decides what is protected, when it is backed up, and does it.
//
//	user facts ---> inbox ---> resources            profile ---> schedule ---> job
//	gRPC ---------> api ----/                       job in "queued" ---> dispatch ---> queue
//	queue --------> work --> backup (domain) --> mailsource, drivesource (Graph) -> vaultsink (vault)
//	                  \----> outbox: lease, result and facts
//
// A process plays one role or both (host.Config.Roles): api serves gRPC, reads facts and dispatches;
// work takes jobs from the queue. Several processes of each role work side by side: one resource is
// worked on by one of them, which the queue arranges and the lease in the resource's state proves.
package backupworker
