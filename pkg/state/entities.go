package state

import (
	"context"
	"iter"
	"math/rand/v2"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Entities is the store of one kind whose states are protobuf messages M with the fields
// "int64 revision" and "tenantkeep.type.v1.Change change", which it keeps itself.
type Entities[M proto.Message] struct {
	store Store
	kind  Kind
	like  M
}

// Entity is a state with its place in history.
type Entity[M proto.Message] struct {
	Key      Key
	Value    M
	Fact     string
	Removed  bool
	Sequence uint64
	Time     time.Time
	Expires  time.Time
	Trace    string // traceparent of who wrote it; what is done about it goes on in bus.WithTrace

	read []byte // Value as it was read: what differs from it is what changed
}

// Decision is what becomes of an entity whose Value was edited.
type Decision struct {
	Fact   string   // what happened; empty to write nothing at all
	Remove bool     // the entity is no more
	Also   []Change // what changes together with it
}

// NewEntities returns the entities of a kind; like only tells the type: (*directoryv1.User)(nil).
func NewEntities[M proto.Message](store Store, kind Kind, like M) *Entities[M] {
	return &Entities[M]{store: store, kind: kind, like: like}
}

// Key names an entity of this kind.
func (e *Entities[M]) Key(connection m365.ConnectionID, id string) Key {
	return Key{Kind: e.kind, Connection: connection, ID: id}
}

// Get returns the newest state; fault.NotFound if there is none or it was removed.
func (e *Entities[M]) Get(ctx context.Context, connection m365.ConnectionID, id string) (Entity[M], error) {
	record, err := e.store.Get(ctx, e.Key(connection, id))
	if err != nil {
		return Entity[M]{}, err
	}
	return e.Decode(record)
}

// List yields what exists, by connection ("" for all) and id. See Store.List for what it costs.
func (e *Entities[M]) List(ctx context.Context, connection m365.ConnectionID) iter.Seq2[Entity[M], error] {
	return func(yield func(Entity[M], error) bool) {
		for record, err := range e.store.List(ctx, e.kind, connection) {
			var entity Entity[M]
			if err == nil {
				entity, err = e.Decode(record)
			}
			if !yield(entity, err) || err != nil {
				return
			}
		}
	}
}

// Decode turns a record of this kind into an entity.
func (e *Entities[M]) Decode(record Record) (Entity[M], error) {
	value := e.like.ProtoReflect().New().Interface().(M)
	if err := proto.Unmarshal(record.Data, value); err != nil {
		return Entity[M]{}, fault.As(fault.Internal, "decode "+record.Key.String(), err)
	}
	return Entity[M]{
		Key: record.Key, Value: value, Fact: record.Fact, Removed: record.Removed,
		Sequence: record.Sequence, Time: record.Time, Expires: record.Expires, Trace: record.Trace, read: record.Data,
	}, nil
}

// New makes the change that creates an entity, for batches; it does not look whether there is one.
func (e *Entities[M]) New(connection m365.ConnectionID, id, fact string, value M, origin Origin) (Change, error) {
	return e.Change(Entity[M]{Key: e.Key(connection, id), Value: value}, fact, origin)
}

// Change makes the change from the state that was read to what Value is now, for batches. Value gets its
// new revision and change note.
func (e *Entities[M]) Change(entity Entity[M], fact string, origin Origin) (Change, error) {
	var before proto.Message
	if entity.read != nil {
		was := e.like.ProtoReflect().New().Interface()
		if err := proto.Unmarshal(entity.read, was); err != nil {
			return Change{}, fault.As(fault.Internal, "decode "+entity.Key.String(), err)
		}
		before = was
	}
	if err := annotate(entity.Value, before, origin); err != nil {
		return Change{}, fault.As(fault.Internal, "change "+entity.Key.String(), err)
	}
	data, err := proto.Marshal(entity.Value)
	if err != nil {
		return Change{}, fault.As(fault.Internal, "encode "+entity.Key.String(), err)
	}
	return Change{
		Key: entity.Key, Fact: fact, Data: data, Expect: entity.Sequence,
		Schema: string(entity.Value.ProtoReflect().Descriptor().FullName()),
	}, nil
}

// Create writes the first state, and whatever changes together with it. fault.Exists if the entity
// exists; one that was removed begins again, and its revisions go on. fault.Conflict if what is in also was
// changed by somebody else meanwhile: read that again.
func (e *Entities[M]) Create(ctx context.Context, connection m365.ConnectionID, id, fact string, value M, origin Origin, also ...Change) (Entity[M], error) {
	create := func() (Entity[M], error) {
		entity := Entity[M]{Key: e.Key(connection, id), Value: value}
		switch record, err := e.store.Get(ctx, entity.Key); {
		case err == nil:
			return Entity[M]{}, fault.New(fault.Exists, "create "+entity.Key.String(), "exists already")
		case !fault.Is(err, fault.NotFound):
			return Entity[M]{}, err
		case record.Removed:
			entity.Sequence, entity.read = record.Sequence, record.Data
		}
		return e.commit(ctx, entity, Decision{Fact: fact, Also: also}, origin)
	}
	if len(also) > 0 {
		return create()
	}
	return retry(ctx, create)
}

// Update edits the newest state. edit changes the message in place and says what happened; "" means that
// nothing is to be written. If somebody else changes the entity meanwhile, edit is called again with the
// state that is newest then. The entity that is returned is as edit left it.
func (e *Entities[M]) Update(ctx context.Context, connection m365.ConnectionID, id string, origin Origin, edit func(M) (fact string, err error)) (Entity[M], error) {
	return e.Decide(ctx, connection, id, origin, func(entity Entity[M]) (Decision, error) {
		fact, err := edit(entity.Value)
		return Decision{Fact: fact}, err
	})
}

// Decide is Update for changes that concern other entities too, or end this one. What is in Also has its
// own expectations; if one of them fails, decide is called again and must read those entities again.
func (e *Entities[M]) Decide(ctx context.Context, connection m365.ConnectionID, id string, origin Origin, decide func(Entity[M]) (Decision, error)) (Entity[M], error) {
	return retry(ctx, func() (Entity[M], error) {
		entity, err := e.Get(ctx, connection, id)
		if err != nil {
			return Entity[M]{}, err
		}
		decision, err := decide(entity)
		if err != nil || decision.Fact == "" {
			return entity, err
		}
		return e.commit(ctx, entity, decision, origin)
	})
}

func (e *Entities[M]) commit(ctx context.Context, entity Entity[M], decision Decision, origin Origin) (Entity[M], error) {
	change, err := e.Change(entity, decision.Fact, origin)
	if err != nil {
		return Entity[M]{}, err
	}
	change.Removed = decision.Remove
	records, err := e.store.Commit(ctx, append([]Change{change}, decision.Also...)...)
	if err != nil {
		return Entity[M]{}, err
	}
	return e.Decode(records[0])
}

// maxRetries bounds a race that one writer keeps losing; it is far beyond what fairness allows.
const maxRetries = 200

// retry repeats what lost a race, after a short random pause so that two do not go on meeting.
func retry[T any](ctx context.Context, try func() (T, error)) (T, error) {
	for attempt := 1; ; attempt++ {
		result, err := try()
		if !fault.Is(err, fault.Conflict) || attempt == maxRetries {
			return result, err
		}
		if bus.Pause(ctx, rand.N(time.Duration(min(attempt, 20))*time.Millisecond)) != nil {
			return result, err
		}
	}
}
