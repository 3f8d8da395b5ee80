// Package memory is a state.Store without a server, for tests of what is built on one. It keeps every
// message, so Prune and expiry can be told apart from forgetting; it is gone with the process.
package memory

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// Store is the in-memory implementation of state.Store. Make it with [New].
type Store struct {
	now func() time.Time

	mu      sync.Mutex
	last    uint64               // sequence of the newest record
	log     []state.Record       // by sequence
	newest  map[state.Key]uint64 // sequence of each entity's newest record
	changed chan struct{}        // closed and replaced with each commit
	origin  string
}

var _ state.Store = (*Store)(nil)

// New returns an empty store.
func New() *Store {
	return &Store{now: time.Now, newest: map[state.Key]uint64{}, changed: make(chan struct{}), origin: time.Now().UTC().Format(time.RFC3339Nano)}
}

// Get implements state.Store.
func (s *Store) Get(_ context.Context, key state.Key) (state.Record, error) {
	if err := key.Check(); err != nil {
		return state.Record{}, fault.As(fault.Invalid, "get", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record, ok := s.current(key)
	switch {
	case !ok:
		return state.Record{}, fault.New(fault.NotFound, "get "+key.String(), "no such entity")
	case record.Removed:
		return record, fault.New(fault.NotFound, "get "+key.String(), "was removed")
	}
	return record, nil
}

// Commit implements state.Store.
func (s *Store) Commit(ctx context.Context, changes ...state.Change) ([]state.Record, error) {
	if err := state.Check(changes); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.As(fault.Transient, "commit", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		if record, _ := s.current(change.Key); record.Sequence != change.Expect {
			return nil, fault.New(fault.Conflict, "commit "+change.Key.String(), fmt.Sprintf("newest is %d, expected %d", record.Sequence, change.Expect))
		}
	}
	records := make([]state.Record, 0, len(changes))
	for _, change := range changes {
		records = append(records, s.append(ctx, change))
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return records, nil
}

func (s *Store) append(ctx context.Context, change state.Change) state.Record {
	s.last++
	record := state.Record{
		Key: change.Key, Fact: change.Fact, Data: slices.Clone(change.Data), Schema: change.Schema, Removed: change.Removed,
		Sequence: s.last, Time: s.now().UTC(), EventID: fmt.Sprintf("%s-%d", s.origin, s.last), Trace: traceOf(ctx),
	}
	if ttl := change.Key.Kind.TTL; ttl > 0 {
		record.Expires = record.Time.Add(ttl)
	}
	s.log = append(s.log, record)
	s.newest[change.Key] = s.last
	return record
}

// current returns the newest record of an entity that has not expired.
func (s *Store) current(key state.Key) (state.Record, bool) {
	sequence, ok := s.newest[key]
	if !ok {
		return state.Record{}, false
	}
	at, _ := s.find(sequence)
	if record := s.log[at]; !record.Expired(s.now()) {
		return record, true
	}
	return state.Record{}, false
}

func (s *Store) find(sequence uint64) (int, bool) {
	return slices.BinarySearchFunc(s.log, sequence, func(r state.Record, want uint64) int {
		switch {
		case r.Sequence < want:
			return -1
		case r.Sequence > want:
			return 1
		default:
			return 0
		}
	})
}

// List implements state.Store.
func (s *Store) List(_ context.Context, kind state.Kind, connection m365.ConnectionID) iter.Seq2[state.Record, error] {
	s.mu.Lock()
	var records []state.Record
	for key := range s.newest {
		record, ok := s.current(key)
		if ok && !record.Removed && matches(record, state.Filter{Kinds: []state.Kind{kind}, Connection: connection}) {
			records = append(records, record)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(records, func(a, b state.Record) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return func(yield func(state.Record, error) bool) {
		for _, record := range records {
			if !yield(record, nil) {
				return
			}
		}
	}
}

func sortKey(r state.Record) string { return string(r.Key.Connection) + "\x00" + r.Key.ID }

func matches(record state.Record, filter state.Filter) bool {
	return slices.Contains(filter.Kinds, record.Key.Kind) && (filter.Connection == "" || filter.Connection == record.Key.Connection)
}

// Watch implements state.Store.
func (s *Store) Watch(ctx context.Context, filter state.Filter, each func(state.Record) error, caughtUp func()) error {
	if len(filter.Kinds) == 0 {
		return fault.New(fault.Invalid, "watch", "no kind")
	}
	for after := filter.After; ; {
		records, changed := s.since(after)
		for _, record := range records {
			if err := ctx.Err(); err != nil {
				return err
			}
			after = record.Sequence
			if !matches(record, filter) {
				continue
			}
			if err := each(record); err != nil {
				return err
			}
		}
		if caughtUp != nil {
			caughtUp()
			caughtUp = nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// since returns what was written after a sequence, and what is closed by the next commit.
func (s *Store) since(after uint64) ([]state.Record, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, _ := s.find(after + 1)
	records := slices.DeleteFunc(slices.Clone(s.log[at:]), func(r state.Record) bool { return r.Expired(s.now()) })
	return records, s.changed
}

// Prune implements state.Store.
func (s *Store) Prune(_ context.Context, key state.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := s.newest[key]
	s.log = slices.DeleteFunc(s.log, func(r state.Record) bool { return r.Key == key && r.Sequence != keep })
	return nil
}

// Incarnation implements state.Store.
func (s *Store) Incarnation(context.Context) (string, error) { return s.origin, nil }

func traceOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}
