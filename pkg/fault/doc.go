// Package fault is the one error vocabulary of Tenantkeep. An error says what was being done
// (Op), what kind of trouble it is (Kind), what caused it, what the reader can do next (Next) and,
// where the other side said so, how long to wait (RetryAfter).
//
// A Kind is set where the cause is known and translated exactly once per boundary: package rpc
// turns it into a gRPC status and back, package bus into an acknowledgement, package graph makes
// it from Graph's answers.
//
//	Kind          gRPC                 JetStream                 Graph
//	Invalid       InvalidArgument      Term with reason          400
//	Unsupported   Unimplemented        Term with reason          -
//	NotFound      NotFound             Ack (gone is a fact)      404
//	Exists        AlreadyExists        Ack                       409 nameAlreadyExists
//	Unauthentic   Unauthenticated      Term                      401 after a refresh
//	Permission    PermissionDenied     Term                      403
//	Conflict      Aborted              Nak                       409, 412
//	Resync        FailedPrecondition   Nak                       410
//	Precondition  FailedPrecondition   Term with reason          -
//	Throttled     ResourceExhausted    Nak after RetryAfter      429, 503 with Retry-After
//	Exhausted     ResourceExhausted    Nak by schedule           507, ErrorQuotaExceeded
//	Transient     Unavailable          Nak by schedule           5xx, time-outs, resets
//	Cancelled     Canceled             Nak (handed back)         -
//	Internal      Internal, no text    Nak to max deliveries     anything else
//
// Errors wrap with the operation in lower case and no "failed to": "restore item: create message: ...".
package fault
