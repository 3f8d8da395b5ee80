package vault

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// maxParentAge is how old the knowledge of the newest head may be at a commit. Superseded heads
// are kept longer than this, so a name that was used cannot become free for a writer that slept.
const maxParentAge = 24 * time.Hour

// The table of snapshots in the head: when it is longer than maxRecords, the oldest go to the
// catalog until keepRecords are left.
const maxRecords, keepRecords = 64, 32

// Checkpoint commits what was put so far, so that a run that dies goes on from here.
func (s *Session) Checkpoint(ctx context.Context) error {
	if err := s.Err(); err != nil {
		return err
	}
	s.committing.Lock()
	defer s.committing.Unlock()
	if !s.pendingNow() {
		return nil
	}
	return fault.Wrap("checkpoint", s.commit(ctx, head.Checkpoint, Outcome{}))
}

// Pending tells whether there is anything that the last snapshot does not have. A run that finds
// nothing new may leave out the commit, and has then written nothing.
func (s *Session) Pending() bool { return s.resumed || s.Progress().Checkpoints > 0 || s.pendingNow() }

// pendingNow tells whether there is anything that the newest head does not have.
func (s *Session) pendingNow() bool {
	s.mu.Lock()
	rows := len(s.active)
	s.mu.Unlock()
	return rows > 0 || s.packer.dirty()
}

// Commit ends the run: what was put is a snapshot from now on. Call it when every Put has returned.
func (s *Session) Commit(ctx context.Context, outcome Outcome) (Snapshot, error) {
	const op = "commit snapshot"
	if done, ok := s.Finished(); ok {
		return done, nil
	}
	if err := s.Err(); err != nil {
		return Snapshot{}, err
	}
	s.committing.Lock()
	defer s.committing.Unlock()
	if err := s.commit(ctx, head.Snapshot, outcome); err != nil {
		return Snapshot{}, fault.Wrap(op, err)
	}
	s.end(fault.New(fault.Precondition, "use session", "it was committed", fault.Reason(Ended)))
	return s.base.snapshot(s.base.head.Self), nil
}

// tick makes a checkpoint if one is due. Only one caller makes it; the others go on.
func (s *Session) tick(ctx context.Context) error {
	s.mu.Lock()
	due, late := len(s.active) >= checkpointRows, s.vault.now().Sub(s.base.loaded) >= checkpointEvery
	s.mu.Unlock()
	if !due && !(late && s.pendingNow()) || !s.committing.TryLock() {
		return nil
	}
	defer s.committing.Unlock()
	return fault.Wrap("checkpoint", s.commit(ctx, head.Checkpoint, Outcome{}))
}

// commit writes everything that is pending and creates the next head. The caller holds committing.
//
// Rows are taken before payloads are flushed: a row is only added when its payloads are on their
// way, so every payload of a taken row is flushed with it.
func (s *Session) commit(ctx context.Context, kind head.Kind, outcome Outcome) error {
	base := s.base // only commits change it
	if err := s.fresh(base); err != nil {
		return s.over(err)
	}
	next := s.draft(kind, outcome)
	packed, err := s.packer.flush(ctx, next.Seq)
	if err != nil {
		return s.over(err)
	}
	inlined, err := s.writeSegments(ctx, next, packed)
	if err != nil {
		return s.over(err)
	}
	next.Seals += packed.seals + 1
	if next.Version = s.key.Version; base.head.Version == next.Version {
		next.Seals += base.head.Seals
	}
	next.Dictionaries = append(slices.Clone(base.head.Dictionaries), packed.dictionaries...)
	next.Self.Counts.BytesStored += packed.written
	raw := next.Encode(s.key, inlined)
	if err := s.unit.commitHead(ctx, next.Seq, raw); err != nil {
		return s.over(err)
	}
	s.advance(next, raw)
	return nil
}

// over ends the session: what it took for the head is in none.
func (s *Session) over(err error) error {
	s.end(err)
	return err
}

func (s *Session) fresh(base *catalog) error {
	now := s.vault.now()
	age := max(now.Sub(base.loaded), now.Round(0).Sub(base.loaded.Round(0))) // a suspended machine stops only the first
	if age > maxParentAge {
		return fenced(fmt.Sprintf("the newest head was last seen %s ago", age.Round(time.Minute)))
	}
	return nil
}

func fenced(why string) error {
	return fault.New(fault.Conflict, "commit head", why, fault.Reason(Fenced), fault.Next("begin the run again; it goes on from the newest head"))
}

// draft is the next head as far as it is known before anything is written. It takes the pending rows.
func (s *Session) draft(kind head.Kind, outcome Outcome) *head.Head {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active, s.flushing = memtable{}, s.active
	base := s.base.head
	next := &head.Head{
		Seq: base.Seq + 1, Parent: s.base.hash, Kind: kind, Run: s.run.ID, Time: stored(s.vault.now()),
		Resource: base.Resource, Segments: slices.Clone(base.Segments), Dead: base.Dead, Snapshots: s.base.records(),
	}
	if s.run.Record != nil {
		next.Resource = s.run.Record
	}
	for _, r := range rollOut(next) {
		key := row.SnapshotKey(r.Seq)
		s.flushing[string(key)] = pending{value: r.Append([]byte{row.Present})}
	}
	next.Self = head.Record{
		Seq: next.Seq, Time: next.Time, Kind: kind, Run: s.run.ID, Note: outcome.Note, Counts: s.counts,
		Partial: outcome.Partial || len(s.failures) > 0, Previous: s.base.lastSnapshot(),
	}
	next.Self.Counts.Failed = uint64(len(s.failures))
	return next
}

// rollOut takes the oldest records from the head if they are too many.
func rollOut(next *head.Head) []head.Record {
	if len(next.Snapshots) <= maxRecords {
		return nil
	}
	old := len(next.Snapshots) - keepRecords
	out := next.Snapshots[:old]
	next.Snapshots = next.Snapshots[old:]
	return out
}

// writeSegments makes segments of the taken rows and of the locations, lists them in the head, and
// returns what is inlined: the last pack and the segments, as long as they are small.
func (s *Session) writeSegments(ctx context.Context, next *head.Head, packed flushed) (inlined []byte, err error) {
	inlined = packed.tail
	var blobs []madeSegment
	var building sync.WaitGroup
	building.Go(func() { blobs = s.blobSegments(next.Seq, packed) })
	made := s.itemSegments(next.Seq)
	building.Wait()
	made = append(made, blobs...)
	refs := make([]segment.Ref, 0, len(made)+len(next.Segments))
	for _, m := range made {
		next.Self.Counts.BytesStored += m.ref.Length
		next.Seals += m.frames
		if len(inlined)+len(m.data) <= head.MaxInlined {
			m.ref.Head, m.ref.Offset = next.Seq, uint64(object.HeaderSize+len(inlined))
			inlined = append(inlined, m.data...)
		} else if err := s.unit.create(ctx, m.ref.Name(string(s.unit.id), object.Segment), m.data); err != nil {
			return nil, err
		}
		refs = append(refs, m.ref)
	}
	next.Segments = append(refs, next.Segments...)
	return inlined, nil
}

type madeSegment struct {
	ref    segment.Ref
	data   []byte
	frames uint64
}

func finish(b *segment.Builder) madeSegment {
	ref, data := b.Finish()
	return madeSegment{ref, data, b.Frames()}
}

func (s *Session) itemSegments(seq uint64) (made []madeSegment) {
	for run := range slices.Chunk(s.flushing.rows(seq), checkpointRows) {
		b := segment.NewBuilder(segment.Items, s.key, newID(seq), seq)
		for _, r := range run {
			b.Add(r)
		}
		made = append(made, finish(b))
	}
	return made
}

func (s *Session) blobSegments(seq uint64, packed flushed) (made []madeSegment) {
	slices.SortFunc(packed.rows, func(a, b blobRow) int { return bytes.Compare(a.id[:], b.id[:]) })
	for run := range slices.Chunk(packed.rows, checkpointRows) {
		b := segment.NewBuilder(segment.Blobs, s.key, newID(seq), seq)
		values := make([]byte, 0, 16*len(run))
		for i := range run {
			at, from := run[i].at, len(values)
			at.Pack = b.Pack(packed.packs[at.Pack])
			values = at.Append(values)
			b.Add(segment.Row{Key: run[i].id[:], Value: values[from:], Seq: seq})
		}
		made = append(made, finish(b))
	}
	return made
}

// commitHead creates a head. That the name is taken by the very same bytes means that the reply to
// an earlier try was lost; sealed with random nonces, nobody else's bytes are the same.
func (u *unit) commitHead(ctx context.Context, seq uint64, raw []byte) error {
	name := object.HeadName(string(u.id), seq)
	err := u.retry(ctx, func() error { return u.vault.backend.Create(ctx, name, raw) })
	if fault.Is(err, fault.Exists) {
		there, readErr := u.vault.backend.Read(ctx, name, 0, -1)
		if readErr != nil {
			return fault.Wrap("commit head", readErr)
		}
		if !bytes.Equal(there, raw) {
			return fenced("another writer committed first")
		}
		err = nil
	}
	if err != nil {
		return fault.Wrap("commit head", err)
	}
	return u.confirm(ctx, seq, head.HashOf(raw))
}

// confirm sees that the new head is the newest, or that its successor was built on it.
func (u *unit) confirm(ctx context.Context, seq uint64, hash head.Hash) error {
	newest, err := u.newestSeq(ctx)
	if err != nil {
		return err
	}
	if newest == seq {
		return nil
	}
	after, _, err := u.readHead(ctx, seq+1)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil || after.Parent != hash {
		return fenced(fmt.Sprintf("head %d was committed on another history", newest))
	}
	return nil
}

// advance makes the committed head the base of what follows.
func (s *Session) advance(next *head.Head, raw []byte) {
	c := s.unit.catalog(next, head.HashOf(raw), s.vault.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	c.dictionaries = s.base.loadedDictionaries()
	s.counts.BytesStored = next.Self.Counts.BytesStored + uint64(len(raw))
	s.base, s.flushing = c, nil
	if next.Kind == head.Checkpoint {
		s.checkpoints++
	}
}

const newestSeq = uint64(math.MaxUint64)
