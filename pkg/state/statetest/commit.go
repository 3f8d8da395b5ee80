package statetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

func createOnce(t *testing.T, b *bench) {
	want := b.put(user("u1"), "user-provisioned", "one", 0)
	if want.Sequence == 0 || want.EventID == "" || want.Time.IsZero() {
		t.Errorf("record %+v", want)
	}
	_, err := b.store.Commit(b.ctx, state.Change{Key: user("u1"), Fact: "user-provisioned", Data: []byte("two")})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("second creation: %v", err)
	}
	got := b.get(user("u1"))
	got.Time = want.Time
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := b.store.Get(b.ctx, user("u2")); !fault.Is(err, fault.NotFound) {
		t.Errorf("get of nobody: %v", err)
	}
}

func changeFollows(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	second := b.put(user("u1"), "user-updated", "two", first.Sequence)
	if second.Sequence <= first.Sequence {
		t.Errorf("sequence %d after %d", second.Sequence, first.Sequence)
	}
	for _, stale := range []uint64{0, first.Sequence, second.Sequence + 7} {
		_, err := b.store.Commit(b.ctx, state.Change{Key: user("u1"), Fact: "user-updated", Data: []byte("lost"), Expect: stale})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("expecting %d: %v", stale, err)
		}
	}
	if got := b.get(user("u1")); string(got.Data) != "two" || got.Fact != "user-updated" {
		t.Errorf("state %q by %s", got.Data, got.Fact)
	}
}

// factsShareATurn: the newest message decides, whatever its fact; an older fact of the same name does not.
func factsShareATurn(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-updated", "one", 0)
	second := b.put(user("u1"), "user-suspended", "two", first.Sequence)
	_, err := b.store.Commit(b.ctx, state.Change{Key: user("u1"), Fact: "user-updated", Expect: first.Sequence})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the other fact was overlooked: %v", err)
	}
	b.put(user("u1"), "user-updated", "three", second.Sequence)
	if got := b.get(user("u1")); string(got.Data) != "three" {
		t.Errorf("state %q", got.Data)
	}
}

func removedIsNotFound(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	gone := b.commit(state.Change{Key: user("u1"), Fact: "user-removed", Data: []byte("last"), Expect: first.Sequence, Removed: true})[0]
	record, err := b.store.Get(b.ctx, user("u1"))
	if !fault.Is(err, fault.NotFound) || !record.Removed || record.Sequence != gone.Sequence || string(record.Data) != "last" {
		t.Errorf("record %+v, error %v", record, err)
	}
	if all := b.list(state.KindUser, connection); len(all) != 0 {
		t.Errorf("list has %v", all)
	}
	if _, err := b.store.Commit(b.ctx, state.Change{Key: user("u1"), Fact: "user-provisioned"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("creation that knows nothing of the removal: %v", err)
	}
	b.put(user("u1"), "user-provisioned", "again", record.Sequence)
	if got := b.get(user("u1")); string(got.Data) != "again" || got.Removed {
		t.Errorf("state %+v", got)
	}
}

func batchIsAllOrNothing(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	profile := state.Key{Kind: state.KindProfile, Connection: state.NoConnection, ID: "p1"}
	claim := state.Key{Kind: state.KindClaim, Connection: connection, ID: "x"}
	_, err := b.store.Commit(b.ctx,
		state.Change{Key: profile, Fact: "profile-created", Data: []byte("p")},
		state.Change{Key: user("u1"), Fact: "user-updated", Data: []byte("lost"), Expect: first.Sequence + 1},
		state.Change{Key: claim, Fact: "claim-taken"})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("batch with one stale change: %v", err)
	}
	for _, key := range []state.Key{profile, claim} {
		if _, err := b.store.Get(b.ctx, key); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v was written nevertheless: %v", key, err)
		}
	}
	records := b.commit(
		state.Change{Key: profile, Fact: "profile-created", Data: []byte("p")},
		state.Change{Key: user("u1"), Fact: "user-updated", Data: []byte("two"), Expect: first.Sequence},
		state.Change{Key: claim, Fact: "claim-taken", Data: []byte("c")})
	for _, want := range records {
		if got := b.get(want.Key); got.Sequence != want.Sequence || got.EventID != want.EventID {
			t.Errorf("%v: got %d %s, want %d %s", want.Key, got.Sequence, got.EventID, want.Sequence, want.EventID)
		}
	}
}

func largestBatch(t *testing.T, b *bench) {
	changes := make([]state.Change, state.MaxBatch)
	for i := range changes {
		changes[i] = state.Change{Key: user(fmt.Sprintf("u%03d", i)), Fact: "user-provisioned", Data: []byte(strconv.Itoa(i))}
	}
	records := b.commit(changes...)
	all := b.list(state.KindUser, connection)
	if len(all) != len(changes) {
		t.Fatalf("%d of %d", len(all), len(changes))
	}
	for i, got := range all {
		if got.Sequence != records[i].Sequence || string(got.Data) != strconv.Itoa(i) {
			t.Errorf("%d: %d %q, want sequence %d", i, got.Sequence, got.Data, records[i].Sequence)
		}
	}
}

func refusesWhatCannotBe(t *testing.T, b *bench) {
	good := state.Change{Key: user("u1"), Fact: "user-provisioned"}
	with := func(edit func(*state.Change)) []state.Change {
		bad := good
		edit(&bad)
		return []state.Change{bad}
	}
	for name, changes := range map[string][]state.Change{
		"none":          {},
		"too many":      make([]state.Change, state.MaxBatch+1),
		"twice":         {good, good},
		"no id":         with(func(c *state.Change) { c.Key.ID = "" }),
		"id with a dot": with(func(c *state.Change) { c.Key.ID = "a.b" }),
		"id with space": with(func(c *state.Change) { c.Key.ID = "a b" }),
		"wildcard":      with(func(c *state.Change) { c.Key.ID = "*" }),
		"no connection": with(func(c *state.Change) { c.Key.Connection = "" }),
		"no fact":       with(func(c *state.Change) { c.Fact = "" }),
		"too large":     with(func(c *state.Change) { c.Data = []byte(strings.Repeat("x", state.MaxData+1)) }),
	} {
		if _, err := b.store.Commit(b.ctx, changes...); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.commit(with(func(c *state.Change) { c.Data = []byte(strings.Repeat("x", state.MaxData)) })...)
}

// increment adds one to the number that an entity holds, as often as it takes.
func (b *bench) increment(keys ...state.Key) error {
	for {
		changes := make([]state.Change, len(keys))
		for i, key := range keys {
			record, err := b.store.Get(b.ctx, key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			count, _ := strconv.Atoi(string(record.Data))
			changes[i] = state.Change{Key: key, Fact: "user-updated", Data: []byte(strconv.Itoa(count + 1)), Expect: record.Sequence}
		}
		if _, err := b.store.Commit(b.ctx, changes...); !fault.Is(err, fault.Conflict) {
			return err
		}
	}
}

func (b *bench) concurrently(writers, each int, keys ...state.Key) {
	b.Helper()
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := b.increment(keys...); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	for _, key := range keys {
		if got := string(b.get(key).Data); got != strconv.Itoa(writers*each) {
			b.Errorf("%v counted %s of %d", key, got, writers*each)
		}
	}
}

func incrementsAreNotLost(_ *testing.T, b *bench) { b.concurrently(8, 25, user("u1")) }

func batchesAreNotLost(_ *testing.T, b *bench) { b.concurrently(4, 10, user("u1"), user("u2")) }
