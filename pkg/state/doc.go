// Package state is the system of record. One message is the new state of an entity and the fact that
// changed it: nothing is ever written in two places, so state and events cannot disagree.
//
//	Commit([]Change) -> stream STATE, subject st.<kind>.<connection>.<id>.<fact>   (in.… for internal kinds)
//	newest message of an id           = its state             Get, List
//	every message, in order           = what happened         Watch; other teams read stream EVENTS
//
// # Writing
//
// A change says which revision of the entity it was decided on (Expect, the sequence of its newest
// message, 0 for "there is none") and is refused with fault.Conflict if that is not the newest any more.
// Decide with this, never with a read: a read may be old by the time it is used, and on three replicas
// by the time it is answered. Several changes in one Commit happen all or not at all, at most [MaxBatch],
// each of another entity. A call that returns nil has been written by exactly one message, even if the
// acknowledgement was lost on the way; fault.Transient means that nobody knows, and the caller reads
// again. Each kind has one service that writes it.
//
// # Removal
//
// The last fact of an entity (Change.Removed) carries its last state for those who need to know who it
// was. Get answers fault.NotFound after it, together with a Record whose Sequence a new creation of the
// same id must expect. List leaves removed entities out; Watch passes the fact. What no one may find
// any more is taken out by Prune, which leaves only the newest message.
//
// # Time to live
//
// Entities of kinds that end (plans, runs, deliveries) expire all by themselves, [Kind.TTL] after their
// last change. It is one duration per kind, because a shorter one on a later message would let an
// earlier state come back from the dead. Expiry sends no message: readers look at Record.Expires.
//
// # Layers
//
// [Entities] adds protobuf, revision counting and the note of what changed; [Projection] keeps the
// newest state of a kind in memory for lists and filters; [Claim] makes a value unique.
// [JetStream] is the implementation for production, package memory the one for tests of services;
// package statetest holds what both promise.
package state
