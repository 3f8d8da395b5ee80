package vault_test

import (
	"errors"
	"fmt"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// incompressible is a message that takes a whole pack, so that packs and checkpoints alternate.
func incompressible(n int) vault.Item {
	data := make([]byte, 6<<20)
	rand.New(rand.NewSource(int64(n))).Read(data)
	return vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: "files", ID: fmt.Sprint(n)}}, Parts: []vault.Part{{Name: "content", Data: data}}}
}

// work is a run of pages, each followed by its link, with a checkpoint now and then. It goes on
// where the link says.
func work(t *testing.T, v *vault.Vault, run string, pages [][]vault.Item) (vault.Snapshot, error) {
	s, err := v.Begin(t.Context(), unit, vault.Run{ID: run})
	if err != nil {
		return vault.Snapshot{}, err
	}
	defer s.Close()
	if done, ok := s.Finished(); ok {
		return done, nil
	}
	link, err := s.Link(t.Context(), "files")
	if err != nil {
		return vault.Snapshot{}, err
	}
	next := 0
	if link != nil {
		fmt.Sscan(string(link), &next)
	}
	for ; next < len(pages); next++ {
		for _, item := range pages[next] {
			if _, err := s.Put(t.Context(), item); err != nil {
				return vault.Snapshot{}, err
			}
		}
		if err := s.SetLink(t.Context(), "files", []byte(fmt.Sprint(next+1))); err != nil {
			return vault.Snapshot{}, err
		}
		if next%2 == 1 {
			if err := s.Checkpoint(t.Context()); err != nil {
				return vault.Snapshot{}, err
			}
		}
	}
	return s.Commit(t.Context(), vault.Outcome{})
}

func pagesOfWork() (pages [][]vault.Item, all []vault.Item) {
	for n := range 5 {
		page := []vault.Item{incompressible(n), message("inbox", n, 1, 6000), message("inbox", 100+n, 1, 50)}
		pages, all = append(pages, page), append(all, page...)
	}
	return pages, all
}

// TestKilledBetweenAnyTwoWrites kills the process before and after every write of a run, goes on
// with a new one, and wants the same snapshot as without.
func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	pages, all := pagesOfWork()
	unharmed := newBench(t)
	counter := &faulty{Backend: unharmed.store, script: func(int, string) fate { return succeeds }}
	reference, err := work(t, unharmed.openOn(counter), "run", pages)
	if err != nil {
		t.Fatal(err)
	}
	if counter.writes < 8 {
		t.Fatalf("a run of %d writes kills too few", counter.writes)
	}
	for kill := 3; kill <= counter.writes; kill++ { // the first two open the vault
		for _, how := range []fate{dies, diesAfter} {
			b := newBench(t)
			store := &faulty{Backend: b.store, script: func(n int, _ string) fate {
				if n == kill {
					return how
				}
				return succeeds
			}}
			if snapshot, err := work(t, b.openOn(store), "run", pages); err == nil {
				t.Fatalf("write %d: survived with %+v", kill, snapshot)
			}
			v := b.open()
			snapshot, err := work(t, v, "run", pages)
			if err != nil {
				t.Fatalf("write %d, fate %d: %v", kill, how, err)
			}
			same(t, fmt.Sprintf("write %d, fate %d", kill, how), want(all...), contents(t, v, 0))
			got, wanted := snapshot.Counts, reference.Counts
			got.BytesRead, got.BytesStored, wanted.BytesRead, wanted.BytesStored = 0, 0, 0, 0
			if diff := cmp.Diff(wanted, got); diff != "" {
				t.Errorf("write %d, fate %d: counts\n%s", kill, how, diff)
			}
			list, err := v.Snapshots(t.Context(), unit)
			if err != nil || len(list) != 1 {
				t.Errorf("write %d, fate %d: %d snapshots, %v", kill, how, len(list), err)
			}
		}
	}
}

// TestLostRepliesAndShortTroubles lets every write in turn fail twice: once before it was done,
// once after.
func TestLostRepliesAndShortTroubles(t *testing.T) {
	pages, all := pagesOfWork()
	outside := newBench(t) // the compressors' channels are made at their first use, which must not be in a bubble
	if _, err := work(t, outside.open(), "run", pages); err != nil {
		t.Fatal(err)
	}
	same(t, "outside", want(all...), contents(t, outside.open(), 0))
	for _, order := range [][2]fate{{refused, lostReply}, {lostReply, refused}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			tries := map[string]int{}
			store := &faulty{Backend: b.store, script: func(_ int, name string) fate {
				if tries[name]++; tries[name] <= 2 && name != "vault" {
					return order[tries[name]-1]
				}
				return succeeds
			}}
			v := b.openOn(store)
			if _, err := work(t, v, "run", pages); err != nil {
				t.Fatal(err)
			}
			same(t, "snapshot", want(all...), contents(t, v, 0))
		})
	}
}

func TestSecondWriterIsFenced(t *testing.T) {
	b := newBench(t)
	one, two := b.begin(b.open(), "one"), b.begin(b.open(), "two")
	b.put(one, message("inbox", 1, 1, 100))
	b.put(two, message("inbox", 2, 1, 100))
	b.commit(one)
	before := names(t, b.store)

	_, err := two.Commit(t.Context(), vault.Outcome{})
	if !fault.Is(err, fault.Conflict) || fault.ReasonOf(err) != vault.Fenced || fault.NextOf(err) == "" {
		t.Errorf("commit: %v", err)
	}
	if _, err := two.Put(t.Context(), message("inbox", 3, 1, 100)); fault.ReasonOf(err) != vault.Fenced || two.Err() == nil {
		t.Errorf("put after the fence: %v", err)
	}
	if diff := cmp.Diff(before, names(t, b.store)); diff != "" {
		t.Errorf("the fenced writer left:\n%s", diff)
	}
	same(t, "snapshot", want(message("inbox", 1, 1, 100)), contents(t, b.open(), 0))
}

func TestTwoWorkersWithTheSameRunAreTwoWriters(t *testing.T) {
	b := newBench(t)
	one, two := b.begin(b.open(), "run"), b.begin(b.open(), "run")
	b.put(one, message("inbox", 1, 1, 100))
	b.put(two, message("inbox", 1, 1, 100))
	done := b.commit(one)
	if _, err := two.Commit(t.Context(), vault.Outcome{}); fault.ReasonOf(err) != vault.Fenced {
		t.Errorf("second: %v", err)
	}
	again := b.begin(b.open(), "run")
	if got, ok := again.Finished(); !ok || got.Seq != done.Seq || got.Hash != done.Hash {
		t.Errorf("finished: %+v, %v", got, ok)
	}
	if got, err := again.Commit(t.Context(), vault.Outcome{}); err != nil || got.Seq != done.Seq {
		t.Errorf("commit again: %+v, %v", got, err)
	}
}

func TestAWriterThatSleptIsFenced(t *testing.T) {
	for name, jump := range map[string]time.Duration{"slept": 25 * time.Hour, "clock set back": -48 * time.Hour} {
		b := newBench(t)
		now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		v, err := vault.Open(t.Context(), vault.Config{ID: "v", Backend: b.store, Keys: b.keys, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		s := b.begin(v, "run")
		b.put(s, message("inbox", 1, 1, 100))
		now = now.Add(jump)
		_, err = s.Commit(t.Context(), vault.Outcome{})
		if fenced := fault.ReasonOf(err) == vault.Fenced; fenced != (jump > 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestANameThatBecameFreeIsNoCommit is a writer that slept so long that the head it lost to was
// cleaned away: its creation succeeds, and it must notice.
func TestANameThatBecameFreeIsNoCommit(t *testing.T) {
	b := newBench(t)
	slow := b.begin(b.open(), "slow")
	b.put(slow, message("inbox", 1, 1, 100))
	for n := range 3 {
		s := b.begin(b.open(), fmt.Sprint("quick", n))
		b.put(s, message("inbox", 2+n, 1, 100))
		b.commit(s)
	}
	for n := 1; n <= 2; n++ {
		if err := b.store.Delete(t.Context(), fmt.Sprintf("unit/%s/head/%016x", unit, 1<<63-1-n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := slow.Commit(t.Context(), vault.Outcome{}); fault.ReasonOf(err) != vault.Fenced {
		t.Errorf("commit: %v", err)
	}
}

func TestAFullDiskIsExhaustedAndTheRunGoesOnLater(t *testing.T) {
	pages, all := pagesOfWork()
	b := newBench(t)
	room := 6
	store := &faulty{Backend: b.store, script: func(n int, _ string) fate {
		if n > room {
			return full
		}
		return succeeds
	}}
	v := b.openOn(store)
	_, err := work(t, v, "run", pages)
	if !fault.Is(err, fault.Exhausted) || fault.ReasonOf(err) != vault.Full || fault.NextOf(err) == "" {
		t.Fatalf("full: %v", err)
	}
	room = 1000
	if _, err := work(t, v, "run", pages); err != nil {
		t.Fatal(err)
	}
	same(t, "snapshot", want(all...), contents(t, v, 0))
}

func TestCheckpointsAreBrowsableAndNoSnapshots(t *testing.T) {
	b := newBench(t)
	v := b.open()
	s := b.begin(v, "one")
	b.put(s, message("inbox", 1, 1, 100))
	if err := s.SetLink(t.Context(), "inbox", []byte("next")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Checkpoint(t.Context()), s.Checkpoint(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := v.At(t.Context(), unit, 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("a checkpoint passes for a snapshot: %v", err)
	}
	list, err := v.Snapshots(t.Context(), unit)
	if err != nil || len(list) != 1 || !list[0].Progress {
		t.Fatalf("%+v, %v", list, err)
	}
	same(t, "in progress", want(message("inbox", 1, 1, 100)), contents(t, v, list[0].Seq))

	// Another run takes over: nothing of the first is lost.
	s = b.begin(b.open(), "two")
	if link, err := s.Link(t.Context(), "inbox"); string(link) != "next" || err != nil || !s.Resumed() {
		t.Errorf("link %q, %v, resumed %v", link, err, s.Resumed())
	}
	b.put(s, message("inbox", 2, 1, 100))
	snapshot := b.commit(s)
	if snapshot.Counts.Added != 2 || snapshot.Counts.Items != 2 {
		t.Errorf("%+v", snapshot.Counts)
	}
}

func TestCheckpointsComeByThemselves(t *testing.T) {
	b := newBench(t)
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	v, err := vault.Open(t.Context(), vault.Config{ID: "v", Backend: b.store, Keys: b.keys, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	s := b.begin(v, "run")
	b.put(s, message("inbox", 1, 1, 100))
	now = now.Add(5 * time.Minute)
	b.put(s, message("inbox", 2, 1, 100))
	if p := s.Progress(); p.Checkpoints != 1 || !p.Committed.Equal(now) {
		t.Errorf("after five minutes: %+v", p)
	}
	for n := range 1<<16 + 10 {
		b.put(s, vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: "c", ID: fmt.Sprint(n)}}})
	}
	if p := s.Progress(); p.Checkpoints != 2 || p.Items != 1<<16+12 {
		t.Errorf("after 65,536 rows: %+v", p)
	}
}
