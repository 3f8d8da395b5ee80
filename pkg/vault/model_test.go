package vault_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// TestRandomHistories runs random sessions against a map, with checkpoints, crashes and takeovers,
// and compares every snapshot, count and difference.
func TestRandomHistories(t *testing.T) {
	for seed := range int64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { history(t, rand.New(rand.NewSource(seed))) })
	}
}

func history(t *testing.T, r *rand.Rand) {
	b := newBench(t)
	v := b.open()
	var state map[vault.Ref]vault.Item // as the session sees it
	safe := map[vault.Ref]vault.Item{} // as the newest head has it
	snapshots := map[uint64]map[vault.Ref]vault.Item{}
	last := map[vault.Ref]vault.Item{}
	previous := uint64(0)
	for run := range 12 {
		s := b.begin(v, fmt.Sprint("run", run))
		state = maps.Clone(safe)
		for range r.Intn(60) {
			step(t, r, s, state)
			if r.Intn(12) == 0 {
				if err := s.Checkpoint(t.Context()); err != nil {
					t.Fatal(err)
				}
				safe = maps.Clone(state)
			}
		}
		if r.Intn(4) == 0 {
			s.Close()
			v = b.open() // another process
			continue
		}
		snapshot := b.commit(s)
		safe, snapshots[snapshot.Seq] = maps.Clone(state), maps.Clone(state)
		checkCounts(t, snapshot, last, state)
		if previous != 0 {
			checkDiff(t, v, previous, snapshot.Seq, last, state)
			checkDiff(t, v, snapshot.Seq, previous, state, last)
		}
		last, previous = maps.Clone(state), snapshot.Seq
	}
	for seq, items := range snapshots {
		var list []vault.Item
		for _, item := range items {
			list = append(list, item)
		}
		same(t, fmt.Sprint("snapshot ", seq), want(list...), contents(t, b.open(), seq))
	}
}

func step(t *testing.T, r *rand.Rand, s *vault.Session, state map[vault.Ref]vault.Item) {
	item := message(fmt.Sprint("folder", r.Intn(3)), r.Intn(12), r.Intn(3), 50+r.Intn(2)*6000)
	was, there := state[item.Ref]
	switch r.Intn(5) {
	case 0:
		if deleted, err := s.Delete(t.Context(), item.Ref); err != nil || deleted != there {
			t.Fatalf("delete: %v, %v", deleted, err)
		}
		delete(state, item.Ref)
		return
	case 1:
		if r.Intn(6) == 0 {
			n, err := s.DeleteContainer(t.Context(), item.Container)
			before := len(state)
			maps.DeleteFunc(state, func(ref vault.Ref, _ vault.Item) bool { return ref.Container == item.Container })
			if err != nil || n != before-len(state) {
				t.Fatalf("delete container: %d, %v", n, err)
			}
			return
		}
	}
	expect := vault.Added
	if there {
		expect = vault.Changed
		if identical(was, item) {
			expect = vault.Unchanged
		}
	}
	if change, err := s.Put(t.Context(), item); err != nil || change != expect {
		t.Fatalf("put: %v, %v; want %v", change, err, expect)
	}
	state[item.Ref] = item
}

// compare counts what differs. An item that was changed and changed back counts as changed.
func compare(last, state map[vault.Ref]vault.Item) (added, changed, deleted map[vault.Ref]bool) {
	added, changed, deleted = map[vault.Ref]bool{}, map[vault.Ref]bool{}, map[vault.Ref]bool{}
	for ref, item := range state {
		if was, there := last[ref]; !there {
			added[ref] = true
		} else if !identical(was, item) {
			changed[ref] = true
		}
	}
	for ref := range last {
		if _, there := state[ref]; !there {
			deleted[ref] = true
		}
	}
	return added, changed, deleted
}

// identical compares what tells one message from another; comparing them field by field is slow.
func identical(a, b vault.Item) bool {
	return bytes.Equal(a.Attributes, b.Attributes) && bytes.Equal(a.Parts[0].Data, b.Parts[0].Data)
}

func checkCounts(t *testing.T, s vault.Snapshot, last, state map[vault.Ref]vault.Item) {
	t.Helper()
	added, changed, deleted := compare(last, state)
	c := s.Counts
	if c.Items != int64(len(state)) || c.Added != int64(len(added)) || c.Deleted != int64(len(deleted)) || c.Changed < int64(len(changed)) {
		t.Fatalf("snapshot %d: %+v; items %d, added %d, changed at least %d, deleted %d", s.Seq, c, len(state), len(added), len(changed), len(deleted))
	}
}

func checkDiff(t *testing.T, v *vault.Vault, a, b uint64, last, state map[vault.Ref]vault.Item) {
	t.Helper()
	got := map[vault.Change]map[vault.Ref]bool{vault.Added: {}, vault.Changed: {}, vault.Deleted: {}}
	for d, err := range v.Diff(t.Context(), unit, a, b) {
		if err != nil {
			t.Fatal(err)
		}
		ref := d.After.Ref
		if d.Change == vault.Deleted {
			ref = d.Before.Ref
		}
		got[d.Change][ref] = true
	}
	added, changed, deleted := compare(last, state)
	want := map[vault.Change]map[vault.Ref]bool{vault.Added: added, vault.Changed: changed, vault.Deleted: deleted}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("difference of %d and %d:\n%s", a, b, diff)
	}
}

// TestManyGoroutinesOneSession puts from many goroutines while checkpoints are made.
func TestManyGoroutinesOneSession(t *testing.T) {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "run")
	const workers, each = 6, 150
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for n := range each {
				// Half of the content is common to all, so that they race for its payloads.
				item := message("common", n, 1, 7000)
				item.Container = fmt.Sprint("worker", w)
				if _, err := s.Put(t.Context(), item); err != nil {
					t.Error(err)
				}
				if _, err := s.Put(t.Context(), message("shared", n, 1, 100)); err != nil {
					t.Error(err)
				}
				if n%40 == w {
					if err := s.Checkpoint(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	snapshot := b.commit(s)
	if snapshot.Counts.Items != workers*each+each || snapshot.Counts.Added != snapshot.Counts.Items {
		t.Errorf("counts %+v", snapshot.Counts)
	}
	if got := contents(t, v, 0); len(got) != workers*each+each {
		t.Errorf("%d items", len(got))
	}
	if stored := snapshot.Counts.BytesStored; stored > snapshot.Counts.BytesRead/workers {
		t.Errorf("%d bytes stored of %d read: content was stored more than once", stored, snapshot.Counts.BytesRead)
	}
}
