package statetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

func listShowsTheNewest(t *testing.T, b *bench) {
	first := b.put(user("b"), "user-provisioned", "one", 0)
	b.put(user("a"), "user-provisioned", "a", 0)
	b.put(user("b"), "user-updated", "two", first.Sequence)
	elsewhere := state.Key{Kind: state.KindUser, Connection: "c2", ID: "c"}
	b.put(elsewhere, "user-provisioned", "c", 0)
	b.put(state.Key{Kind: state.KindGroup, Connection: connection, ID: "g"}, "group-created", "g", 0)

	texts := func(records []state.Record) (out []string) {
		for _, record := range records {
			out = append(out, record.Key.ID+"="+string(record.Data))
		}
		return out
	}
	if diff := cmp.Diff([]string{"a=a", "b=two"}, texts(b.list(state.KindUser, connection))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a=a", "b=two", "c=c"}, texts(b.list(state.KindUser, ""))); diff != "" {
		t.Error(diff)
	}
}

func listOfNothing(t *testing.T, b *bench) {
	if all := b.list(state.KindUser, ""); len(all) != 0 {
		t.Errorf("%v", all)
	}
}

func pruneKeepsTheNewest(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	second := b.put(user("u1"), "user-updated", "two", first.Sequence)
	other := b.put(user("u2"), "user-provisioned", "other", 0)
	for _, key := range []state.Key{user("u1"), user("nobody")} {
		if err := b.store.Prune(b.ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	watch := b.watch(state.Filter{Kinds: []state.Kind{state.KindUser}})
	watch.expect("user-updated two", "user-provisioned other", "caught up")
	b.put(user("u1"), "user-updated", "three", second.Sequence)
	b.put(user("u2"), "user-updated", "more", other.Sequence)
}

// expiryTakesAll: no earlier state of an entity outlives its newest one.
func expiryTakesAll(t *testing.T, b *bench) {
	key := state.Key{Kind: shortLived, Connection: connection, ID: "r1"}
	first := b.put(key, "run-started", "one", 0)
	second := b.put(key, "run-ended", "two", first.Sequence)
	if second.Expires.Sub(second.Time) != shortLived.TTL {
		t.Errorf("written at %v, expires at %v", second.Time, second.Expires)
	}
	every := time.NewTicker(100 * time.Millisecond)
	defer every.Stop()
	for last := "two"; ; {
		record, err := b.store.Get(b.ctx, key)
		if fault.Is(err, fault.NotFound) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if string(record.Data) != last {
			t.Fatalf("state %q came back", record.Data)
		}
		select {
		case <-every.C:
		case <-b.ctx.Done():
			t.Fatal("did not expire")
		}
	}
	b.put(key, "run-started", "three", 0)
}

func incarnationStays(t *testing.T, b *bench) {
	first, err := b.store.Incarnation(b.ctx)
	if err != nil || first == "" {
		t.Fatalf("%q, %v", first, err)
	}
	b.put(user("u1"), "user-provisioned", "one", 0)
	if second, err := b.store.Incarnation(b.ctx); second != first {
		t.Errorf("%q became %q, %v", first, second, err)
	}
}

// watcher collects what a Watch passes, as text.
type watcher struct {
	b    *bench
	seen chan string
}

func (b *bench) watch(filter state.Filter) *watcher {
	ctx, cancel := context.WithCancel(b.ctx)
	w := &watcher{b: b, seen: make(chan string, 10_000)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := b.store.Watch(ctx, filter, func(record state.Record) error {
			w.seen <- record.Fact + " " + string(record.Data)
			return nil
		}, func() { w.seen <- "caught up" })
		if !errors.Is(err, context.Canceled) {
			b.Errorf("watch ended with %v", err)
		}
	}()
	b.Cleanup(func() { cancel(); <-ended })
	return w
}

func (w *watcher) expect(want ...string) {
	w.b.Helper()
	for _, text := range want {
		select {
		case got := <-w.seen:
			if got != text {
				w.b.Fatalf("got %q, want %q", got, text)
			}
		case <-w.b.ctx.Done():
			w.b.Fatalf("waited for %q", text)
		}
	}
}

func watchCatchesUp(t *testing.T, b *bench) {
	w := b.watch(state.Filter{Kinds: []state.Kind{state.KindUser}})
	w.expect("caught up")
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	b.put(user("u1"), "user-updated", "two", first.Sequence)
	w.expect("user-provisioned one", "user-updated two")

	late := b.watch(state.Filter{Kinds: []state.Kind{state.KindUser}})
	late.expect("user-provisioned one", "user-updated two", "caught up")
	b.commit(state.Change{Key: user("u2"), Fact: "user-provisioned", Data: []byte("x")},
		state.Change{Key: user("u3"), Fact: "user-provisioned", Data: []byte("y")})
	for _, w := range []*watcher{w, late} {
		w.expect("user-provisioned x", "user-provisioned y")
	}
}

func watchFromASequence(t *testing.T, b *bench) {
	first := b.put(user("u1"), "user-provisioned", "one", 0)
	b.put(user("u2"), "user-provisioned", "two", 0)
	w := b.watch(state.Filter{Kinds: []state.Kind{state.KindUser}, After: first.Sequence})
	w.expect("user-provisioned two", "caught up")
	b.put(user("u3"), "user-provisioned", "three", 0)
	w.expect("user-provisioned three")
}

func watchChooses(t *testing.T, b *bench) {
	w := b.watch(state.Filter{Kinds: []state.Kind{state.KindUser, state.KindClaim}, Connection: connection})
	w.expect("caught up")
	for i, key := range []state.Key{
		{Kind: state.KindUser, Connection: "c2", ID: "u"},
		{Kind: state.KindGroup, Connection: connection, ID: "g"},
		{Kind: state.KindClaim, Connection: connection, ID: "c"},
		user("u1"),
	} {
		b.put(key, "made", fmt.Sprint(i), 0)
	}
	w.expect("made 2", "made 3")
}

func watchEndsWithItsHandler(t *testing.T, b *bench) {
	b.put(user("u1"), "user-provisioned", "one", 0)
	b.put(user("u2"), "user-provisioned", "two", 0)
	enough := errors.New("enough")
	calls := 0
	err := b.store.Watch(b.ctx, state.Filter{Kinds: []state.Kind{state.KindUser}}, func(state.Record) error {
		calls++
		return enough
	}, nil)
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
