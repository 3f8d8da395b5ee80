package state_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

func userKey(id string) state.Key {
	return state.Key{Kind: state.KindUser, Connection: "c1", ID: id}
}

func over(t *testing.T, js jetstream.JetStream) *state.JetStream {
	t.Helper()
	store, err := state.NewJetStream(t.Context(), js, "test")
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// The acknowledgement of a write is lost with the connection, and somebody else changes the entity
// before the writer is back: it must neither be told of a conflict nor write twice.
func TestLostAcknowledgementIsNoConflict(t *testing.T) {
	for name, batch := range map[string]int{"one change": 1, "batch": 3} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			server, direct := open(t)
			link := server.Link()
			unlucky := over(t, link.Connect())

			changes := make([]state.Change, batch)
			for i := range changes {
				changes[i] = state.Change{Key: userKey(strconv.Itoa(i)), Fact: "user-provisioned", Data: []byte("mine")}
			}
			arrived := make(chan state.Record, 10)
			watching, stop := context.WithCancel(ctx)
			var group sync.WaitGroup
			group.Go(func() {
				_ = direct.Watch(watching, state.Filter{Kinds: []state.Kind{state.KindUser}}, func(r state.Record) error { arrived <- r; return nil }, nil)
			})
			defer group.Wait()
			defer stop()

			link.Mute()
			var records []state.Record
			var err error
			done := make(chan struct{})
			go func() {
				defer close(done)
				records, err = unlucky.Commit(ctx, changes...)
			}()
			first := <-arrived
			link.Sever()
			if _, err := direct.Commit(ctx, state.Change{Key: first.Key, Fact: "user-updated", Data: []byte("theirs"), Expect: first.Sequence}); err != nil {
				t.Fatal(err)
			}
			link.Mend()
			<-done
			if err != nil {
				t.Fatal(err)
			}
			for i, record := range records {
				if record.Sequence != first.Sequence+uint64(i) {
					t.Errorf("change %d was acknowledged as %d, the first is %d", i, record.Sequence, first.Sequence)
				}
			}
			if got, err := direct.Get(ctx, first.Key); err != nil || string(got.Data) != "theirs" {
				t.Errorf("%q, %v", got.Data, err)
			}
		})
	}
}

func TestWatchOutlivesTheServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, store := open(t)
	seen, caughtUp := make(chan state.Record, 1000), make(chan struct{}, 10)
	var group sync.WaitGroup
	defer group.Wait()
	watching, stop := context.WithCancel(ctx)
	defer stop()
	group.Go(func() {
		err := store.Watch(watching, state.Filter{Kinds: []state.Kind{state.KindUser}}, func(r state.Record) error { seen <- r; return nil }, func() { caughtUp <- struct{}{} })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("watch ended with %v", err)
		}
	})
	next := 0
	for range 3 {
		for range 5 {
			if _, err := store.Commit(ctx, state.Change{Key: userKey(strconv.Itoa(next)), Fact: "user-provisioned"}); err != nil {
				t.Fatal(err)
			}
			next++
		}
		server.Restart()
	}
	for i := range next {
		select {
		case record := <-seen:
			if record.Key.ID != strconv.Itoa(i) {
				t.Fatalf("got %s, want %d", record.Key.ID, i)
			}
		case <-ctx.Done():
			t.Fatalf("waited for %d", i)
		}
	}
	if len(caughtUp) != 1 {
		t.Errorf("caught up %d times", len(caughtUp))
	}
}

func TestIncrementsOutliveTheServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, store := open(t)
	const writers, each = 4, 30
	var group sync.WaitGroup
	halfway := make(chan struct{}, writers*each)
	for range writers {
		group.Go(func() {
			for range each {
				if err := increment(ctx, store); err != nil {
					t.Error(err)
					return
				}
				halfway <- struct{}{}
			}
		})
	}
	for range 2 {
		for range writers * each / 3 {
			<-halfway
		}
		server.Restart()
	}
	group.Wait()
	if got, err := store.Get(ctx, userKey("counter")); err != nil || string(got.Data) != fmt.Sprint(writers*each) {
		t.Errorf("counted %s, %v", got.Data, err)
	}
}

func increment(ctx context.Context, store state.Store) error {
	for {
		record, err := store.Get(ctx, userKey("counter"))
		if fault.Is(err, fault.Transient) && ctx.Err() == nil {
			if err := bus.Pause(ctx, 20*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		count, _ := strconv.Atoi(string(record.Data))
		_, err = store.Commit(ctx, state.Change{Key: userKey("counter"), Fact: "user-updated", Data: []byte(strconv.Itoa(count + 1)), Expect: record.Sequence})
		if !fault.Is(err, fault.Conflict) {
			return err
		}
	}
}

func TestNoServerIsSaidSo(t *testing.T) {
	server, store := open(t)
	server.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err := store.Commit(ctx, state.Change{Key: userKey("u1"), Fact: "user-provisioned"})
	if !fault.Is(err, fault.Transient) || fault.ReasonOf(err) != "OUTCOME_UNKNOWN" || fault.NextOf(err) == "" {
		t.Errorf("%v, reason %q, next %q", err, fault.ReasonOf(err), fault.NextOf(err))
	}
	server.Start()
	bare := natstest.Run(t)
	if _, err := state.NewJetStream(t.Context(), bare.Connect(), "test"); !fault.Is(err, fault.Precondition) {
		t.Errorf("without streams: %v", err)
	}
}
