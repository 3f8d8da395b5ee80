package state

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// JetStream is the Store on a nats-server. Make it with [NewJetStream]; it may be used by many
// goroutines.
type JetStream struct {
	js      jetstream.JetStream
	service string
	stream  jetstream.Stream
}

var _ Store = (*JetStream)(nil)

// NewJetStream returns the store of the bootstrapped server that js is connected to. Facts name service
// as their source.
func NewJetStream(ctx context.Context, js jetstream.JetStream, service string) (*JetStream, error) {
	stream, err := js.Stream(ctx, bus.StreamState)
	if err != nil {
		return nil, readFault("open state", err)
	}
	return &JetStream{js: js, service: service, stream: stream}, nil
}

// Get implements Store. On three replicas the answer may be some milliseconds old.
func (s *JetStream) Get(ctx context.Context, key Key) (Record, error) {
	if err := key.Check(); err != nil {
		return Record{}, fault.As(fault.Invalid, "get", err)
	}
	message, err := s.stream.GetLastMsgForSubject(ctx, key.filter())
	if err != nil {
		return Record{}, readFault("get "+key.String(), err)
	}
	record, err := decode(message)
	if err == nil && record.Removed {
		err = fault.New(fault.NotFound, "get "+key.String(), "was removed")
	}
	return record, err
}

// List implements Store.
func (s *JetStream) List(ctx context.Context, kind Kind, connection m365.ConnectionID) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		newest, err := s.newest(ctx, Filter{Kinds: []Kind{kind}, Connection: connection})
		if err != nil {
			yield(Record{}, err)
			return
		}
		for _, record := range slices.SortedFunc(maps.Values(newest), byKey) {
			if !yield(record, nil) {
				return
			}
		}
	}
}

func byKey(a, b Record) int {
	if by := strings.Compare(string(a.Key.Connection), string(b.Key.Connection)); by != 0 {
		return by
	}
	return strings.Compare(a.Key.ID, b.Key.ID)
}

var errCaughtUp = errors.New("caught up")

// newest reads the stream from its start instead of asking for the last message of each subject, which
// makes every writer wait while the server looks for them.
func (s *JetStream) newest(ctx context.Context, filter Filter) (map[Key]Record, error) {
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	records := map[Key]Record{}
	err := s.Watch(ctx, filter, func(record Record) error {
		if record.Removed {
			delete(records, record.Key)
		} else {
			records[record.Key] = record
		}
		return nil
	}, func() { done(errCaughtUp) })
	if errors.Is(context.Cause(ctx), errCaughtUp) {
		return records, nil
	}
	return nil, err
}

// Watch implements Store.
func (s *JetStream) Watch(ctx context.Context, filter Filter, each func(Record) error, caughtUp func()) error {
	filters := make([]string, 0, len(filter.Kinds))
	for _, kind := range filter.Kinds {
		filters = append(filters, bus.KindFilter(kind.root(), kind.Name, filter.Connection))
	}
	if len(filters) == 0 {
		return fault.New(fault.Invalid, "watch", "no kind")
	}
	return bus.Tail(ctx, s.js, bus.StreamState, filters, bus.Position{After: filter.After}, func(message jetstream.Msg) error {
		record, err := decodeDelivered(message)
		if err != nil {
			return err
		}
		return each(record)
	}, caughtUp)
}

// Prune implements Store. It needs the right to purge the stream, which only the janitor has.
func (s *JetStream) Prune(ctx context.Context, key Key) error {
	message, err := s.stream.GetLastMsgForSubject(ctx, key.filter())
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return readFault("prune "+key.String(), err)
	}
	err = s.stream.Purge(ctx, jetstream.WithPurgeSubject(key.filter()), jetstream.WithPurgeSequence(message.Sequence))
	return readFault("prune "+key.String(), err)
}

// Incarnation implements Store.
func (s *JetStream) Incarnation(ctx context.Context) (string, error) {
	info, err := s.stream.Info(ctx)
	if err != nil {
		return "", readFault("read incarnation", err)
	}
	return info.Created.UTC().Format(time.RFC3339Nano), nil
}

func (k Key) filter() string { return bus.StateFilter(k.Kind.root(), k.Kind.Name, k.Connection, k.ID) }

func newEventID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, says its documentation
	return hex.EncodeToString(id[:])
}

// readFault classifies what went wrong with a call that changes nothing.
func readFault(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return fault.As(fault.NotFound, op, err)
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return fault.As(fault.Precondition, op, err, fault.Next("run the bootstrap against this nats-server"))
	case errors.Is(err, context.Canceled):
		return fault.As(fault.Cancelled, op, err)
	case errors.Is(err, nats.ErrConnectionClosed):
		return fault.As(fault.Cancelled, op, err)
	default:
		return fault.As(fault.Transient, op, err, fault.Next("check that the nats-server runs and that this service may use it"))
	}
}
