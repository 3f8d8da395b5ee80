package vault

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/gear"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// When a checkpoint is made without being asked for.
const (
	checkpointRows  = 1 << 16
	checkpointEvery = 5 * time.Minute
)

// maxSeals is how many frames one key version seals at most: with random nonces of 96 bits the
// chance of a repetition stays under 2^-34 (NIST SP 800-38D asks for 2^-32).
const maxSeals = 1 << 31

// Session is one run that writes a unit. Its methods may be called from several goroutines. An
// error of Put concerns that item alone unless Err says that the session is over.
type Session struct {
	vault    *Vault
	unit     *unit
	key      *frame.Key
	run      Run
	packer   *packer
	cutter   *gear.Cutter
	resumed  bool
	finished *Snapshot

	committing sync.Mutex // one commit at a time

	mu          sync.Mutex // of what follows
	base        *catalog
	active      memtable // rows that belong to the next head
	flushing    memtable // rows of a head that is being committed
	failures    map[Ref]Failure
	retried     map[Ref]bool // failures that this run has counted
	counts      head.Counts  // of the run so far
	unchanged   int64
	checkpoints int64
	ended       error
}

// Begin starts a run on a unit, or continues the one that died. The first Begin of a unit makes
// its key.
func (v *Vault) Begin(ctx context.Context, id UnitID, run Run) (*Session, error) {
	const op = "begin run"
	u, err := v.unit(id)
	if err != nil {
		return nil, err
	}
	if run.ID == "" {
		return nil, fault.New(fault.Invalid, op, "a run needs an id")
	}
	base, err := u.newestCatalog(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	key, err := u.newest(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if base.head.Version == key.Version && base.head.Seals >= maxSeals {
		return nil, fault.New(fault.Precondition, op, fmt.Sprintf("key version %d sealed %d times", key.Version, base.head.Seals),
			fault.Reason(KeyWorn), fault.Next("rotate the unit's key"))
	}
	s := &Session{
		vault: v, unit: u, key: key, run: run, base: base, packer: newPacker(u, key, base), cutter: gear.New(key.Cutting),
		resumed: base.head.Kind == head.Checkpoint, active: memtable{}, retried: map[Ref]bool{},
	}
	if s.resumed {
		s.counts = base.head.Self.Counts
	} else {
		s.counts.Items, s.counts.Folders = base.head.Self.Counts.Items, base.head.Self.Counts.Folders
	}
	if err := s.load(ctx); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return s, nil
}

// load reads what a session needs from the start: failures, dictionaries, whether the run ended.
func (s *Session) load(ctx context.Context) error {
	s.failures = map[Ref]Failure{}
	for f, err := range s.View().Failures(ctx) {
		if err != nil {
			return err
		}
		s.failures[f.Ref] = f
	}
	for _, d := range s.base.head.Dictionaries {
		with, err := s.base.dictionary(ctx, d.Number)
		if err != nil {
			return asDamage("load dictionary", err)
		}
		if d.Sort == 0 {
			s.packer.use(with)
		}
	}
	for _, r := range s.base.records() {
		if r.Run == s.run.ID {
			done := s.base.snapshot(r)
			s.finished = &done
		}
	}
	return nil
}

// Finished returns the snapshot that this run committed before, if it did: the process died, or
// the reply was lost, before anybody was told. There is nothing left to do.
func (s *Session) Finished() (Snapshot, bool) {
	if s.finished == nil {
		return Snapshot{}, false
	}
	return *s.finished, true
}

// Resumed tells whether the session goes on from a checkpoint of a run that did not end.
func (s *Session) Resumed() bool { return s.resumed }

// Failures are the items on record as failed, in order. At the beginning these are those of
// earlier runs: try them first.
func (s *Session) Failures() []Failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Failure, 0, len(s.failures))
	for _, f := range s.failures {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Failure) int { return compareRefs(a.Ref, b.Ref) })
	return list
}

func compareRefs(a, b Ref) int {
	if c := strings.Compare(a.Container, b.Container); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

// Link returns what SetLink kept for a container, nil if nothing.
func (s *Session) Link(ctx context.Context, container string) ([]byte, error) {
	r, ok, err := s.current(ctx, row.Key(row.Link, container, ""))
	if err != nil || !ok || row.IsDeleted(r.Value) {
		return nil, fault.Wrap("read link", err)
	}
	body, err := row.Body(r.Value)
	if err != nil {
		return nil, damaged("read link", err)
	}
	return slices.Clone(body.Bytes()), nil
}

// View is what the session sees: the newest head and its own writes. It stays as it is now.
// The content of items can be opened once a checkpoint holds them.
func (s *Session) View() *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &View{catalog: s.base, seq: math.MaxUint64, overlay: overlay(s.active, s.flushing)}
}

// current is the newest row of a key; rows that no head holds yet have the greatest seq.
func (s *Session) current(ctx context.Context, key []byte) (segment.Row, bool, error) {
	s.mu.Lock()
	r, ok := s.pending(key)
	base := s.base
	s.mu.Unlock()
	if ok {
		return segment.Row{Key: key, Value: r.value, Seq: math.MaxUint64}, true, nil
	}
	return base.item(ctx, key, math.MaxUint64)
}

func (s *Session) pending(key []byte) (pending, bool) {
	if r, ok := s.active[string(key)]; ok {
		return r, true
	}
	r, ok := s.flushing[string(key)]
	return r, ok
}

// Progress are the session's numbers so far.
func (s *Session) Progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := s.counts
	counts.Failed = uint64(len(s.failures))
	return Progress{Counts: countsOf(counts), Unchanged: s.unchanged, Checkpoints: s.checkpoints, Committed: s.base.head.Time}
}

// Close ends the session. What no checkpoint or commit holds is given up: objects that were
// written for it stay behind unused until the unit is cleaned.
func (s *Session) Close() error {
	s.end(fault.New(fault.Precondition, "use session", "it was closed", fault.Reason(Ended)))
	return nil
}

func (s *Session) end(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = why
	}
}

// Err returns why the session is over, nil while it is not: it was fenced, committed or closed, or
// what it had packed could not be written. Begin again, after a fence as after a full disk.
func (s *Session) Err() error {
	if s.finished != nil {
		return fault.New(fault.Precondition, "use session", "the run is committed", fault.Reason(Ended))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended != nil {
		return s.ended
	}
	return s.packer.err()
}
