package state

import (
	"context"
	"iter"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// NoConnection is the connection of entities that belong to none, such as profiles.
const NoConnection = bus.NoConnection

// Limits of one Commit. Measured: a batch of 200 to 500 is the best trade between throughput and the
// time that others wait; a message above half a MiB slows down everybody who reads along.
const (
	MaxBatch = 500
	MaxData  = 512 << 10 // bytes of one Change.Data
)

// Key names an entity.
type Key struct {
	Kind       Kind
	Connection m365.ConnectionID // NoConnection if it belongs to none
	ID         string            // ours, or base64url: no dots
}

func (k Key) String() string { return k.Kind.Name + "/" + string(k.Connection) + "/" + k.ID }

// Change is the next state of an entity.
type Change struct {
	Key     Key
	Fact    string // what happened, past tense: "user-provisioned"
	Data    []byte // the new state
	Schema  string // full name of Data's protobuf message; may be empty
	Expect  uint64 // sequence of the state that this follows; 0 if there must be none
	Removed bool   // the entity is no more; Data is its last state
}

// Record is a state that was written, and the fact that it is.
type Record struct {
	Key      Key
	Fact     string
	Data     []byte
	Schema   string
	Removed  bool
	Sequence uint64    // position in the stream; rises with every change of anything
	Time     time.Time // when it was written, UTC
	Expires  time.Time // when it goes away by itself; zero for never
	EventID  string    // ce-id of the fact
	Trace    string    // traceparent of who wrote it; empty without
}

// Expired tells whether the entity had ended its life at that time.
func (r Record) Expired(at time.Time) bool { return !r.Expires.IsZero() && !at.Before(r.Expires) }

// Filter chooses what a Watch passes.
type Filter struct {
	Kinds      []Kind            // at least one
	Connection m365.ConnectionID // "" for all
	After      uint64            // only what was written after this sequence; 0 for everything that is kept
}

// Store is the contract; the package comment has its rules. Errors are of package fault:
// Conflict (somebody changed it first), Invalid (a key, a fact or a size that cannot be), Transient (the
// server cannot be reached: for Commit, the outcome is unknown), Precondition (no such stream).
type Store interface {
	// Get returns the newest state. For a removed entity the error is fault.NotFound and the Record is
	// the fact of its removal; for one that never was, or has expired, the Record is zero.
	Get(ctx context.Context, key Key) (Record, error)

	// Commit writes all changes or none and returns what was written, in the same order.
	Commit(ctx context.Context, changes ...Change) ([]Record, error)

	// List yields the newest state of each entity of a kind that exists, by connection and id, as of some
	// moment after the call began. Connection "" means all. It ends with the first error. It reads the
	// whole kind: for pages and filters keep a Projection.
	List(ctx context.Context, kind Kind, connection m365.ConnectionID) iter.Seq2[Record, error]

	// Watch passes what is kept, in order, then calls caughtUp once (may be nil), then passes every change
	// in order, until ctx ends or each fails; it returns that error. The part that is kept holds the newest
	// state of each entity, and may hold earlier ones before it. It goes on by itself after a lost
	// connection, without a gap and without a repetition. each is never called twice at a time.
	Watch(ctx context.Context, filter Filter, each func(Record) error, caughtUp func()) error

	// Prune forgets all of an entity but its newest message. Nobody may want the earlier ones any more.
	Prune(ctx context.Context, key Key) error

	// Incarnation names this very history. Sequences of another incarnation mean nothing: a projection
	// that was kept on disk starts over.
	Incarnation(ctx context.Context) (string, error)
}
