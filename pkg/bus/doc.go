// Package bus is how facts travel: the names of every stream and subject, the one definition of the
// streams, connections to the nats-server, the CloudEvents form of a fact, and the loops that read
// facts. Publishing is not here: package state is the only publisher of facts, package jobs of jobs.
//
//	STATE        st.<kind>.<connection>.<id>.<fact>     the truth: newest message of an id is its state
//	             in.<kind>.<connection>.<id>.<fact>     the same for kinds that nobody else may read
//	EVENTS       tenantkeep.v1.evt.<connection>.<kind>.<fact>.<id>   public facts, 30 days, sourced from st.>
//	EVENTS_JSON  tenantkeep.v1.json.<connection>.<kind>.<fact>.<id>  the same as JSON, written by notifier
//	JOBS         jobs.<class>.<connection>.<resource>   work queue, one message per subject
//	SCHED        sched.> due.>                          schedules, and what they fire; dispatcher only
//	RETRY        retry.> again.>                        jobs put off, and what comes back of them
//	DLQ          dead.>                                 what nobody could process
//	ADVISORY     the server's notes on jobs that were delivered too often
//	AUDIT        audit.>                                who did what, 400 days, cannot be purged
//	SEALED       bucket of sealed credentials; auth-broker only
//	CHANNELS     bucket of sealed secrets of channels; notifier only
//
// A token is one part of a subject: not empty, without dots, blanks and wildcards. What belongs to no
// connection has [NoConnection] there. The fact token is the fact's whole name: user-provisioned.
//
// # Events
//
// A fact is a CloudEvents 1.0 message in NATS binary mode: attributes are percent-encoded headers with
// lower-case names, ce-id equals Nats-Msg-Id, the payload is the entity's protobuf message. Delivery is
// at least once and in the order of the stream; a fact handed back comes later, so handlers compare the
// entity's revision and forget ids they have seen. ce-id is the key to do so by.
//
// # Errors and acknowledgements
//
// A handler's error decides what becomes of the message, by its kind (package fault has the table):
// done, again at once, again after a while, or never, which leaves a dead letter that says why.
//
// Sources: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md;
// NATS architecture decisions ADR-42 (pinned consumers), ADR-43 (message TTL), ADR-50 (atomic batches)
// and ADR-51 (schedules), https://github.com/nats-io/nats-architecture-and-design.
package bus
