package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// house is a server with a service that writes state.
type house struct {
	*testing.T
	ctx    context.Context
	server *natstest.Server
	js     jetstream.JetStream
	store  *state.JetStream
}

func setUp(t *testing.T) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	server, js := natstest.Bootstrapped(t, bus.Config{})
	store, err := state.NewJetStream(ctx, js, "directory-sync")
	if err != nil {
		t.Fatal(err)
	}
	return &house{T: t, ctx: ctx, server: server, js: js, store: store}
}

func (h *house) put(ctx context.Context, kind state.Kind, id, fact string) state.Record {
	h.Helper()
	records, err := h.store.Commit(ctx, state.Change{Key: state.Key{Kind: kind, Connection: "c1", ID: id}, Fact: fact, Data: []byte(id), Schema: "tenantkeep.directory.v1.User"})
	if err != nil {
		h.Fatal(err)
	}
	return records[0]
}

func (h *house) provision(id string) {
	h.Helper()
	h.put(h.ctx, state.KindUser, id, "user-provisioned")
}

// consume runs a consumer until stop.
func (h *house) consume(js jetstream.JetStream, consumer bus.Consumer, handle func(context.Context, bus.Event) error) (stop func()) {
	ctx, cancel := context.WithCancel(h.ctx)
	var group sync.WaitGroup
	group.Go(func() {
		if err := bus.Consume(ctx, js, consumer, handle); err != nil {
			h.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	h.Cleanup(stop)
	return stop
}

func receive[T any](h *house, from <-chan T) T {
	h.Helper()
	select {
	case value := <-from:
		return value
	case <-h.ctx.Done():
		h.Fatal("nothing came")
		panic("unreachable")
	}
}

var provisioned = bus.Consumer{Durable: "backup-worker", Facts: []string{"user-provisioned"}, AckWait: time.Second}

func TestAChangeIsAnEvent(t *testing.T) {
	h := setUp(t)
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{7}, SpanID: trace.SpanID{8}, TraceFlags: trace.FlagsSampled})
	record := h.put(trace.ContextWithSpanContext(h.ctx, parent), state.KindUser, "u1", "user-provisioned")

	events, traces := make(chan bus.Event, 1), make(chan trace.TraceID, 1)
	h.consume(h.js, provisioned, func(ctx context.Context, event bus.Event) error {
		traces <- trace.SpanContextFromContext(ctx).TraceID()
		events <- event
		return nil
	})
	got := receive(h, events)
	want := bus.Event{
		ID: record.EventID, Type: "tenantkeep.user-provisioned.v1", Source: "/directory-sync/c1", Schema: "tenantkeep.directory.v1.User",
		Time: record.Time, Connection: "c1", Kind: "user", Fact: "user-provisioned", EntityID: "u1", Data: []byte("u1"), Sequence: 1, Delivered: 1, Trace: record.Trace,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if id := receive(h, traces); id != parent.TraceID() {
		t.Errorf("trace %v", id)
	}
}

// What other teams read is fixed: subject, headers and their case.
func TestEventOnTheWire(t *testing.T) {
	h := setUp(t)
	h.put(h.ctx, state.KindRun, "r1", "run-ended") // a kind with a time to live
	stream, err := h.js.Stream(h.ctx, bus.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	var message *jetstream.RawStreamMsg
	every := time.NewTicker(10 * time.Millisecond)
	defer every.Stop()
	for message == nil {
		if message, err = stream.GetMsg(h.ctx, 1); err != nil {
			<-every.C
		}
	}
	if message.Subject != "tenantkeep.v1.evt.c1.run.run-ended.r1" {
		t.Errorf("subject %s", message.Subject)
	}
	for _, name := range []string{"ce-specversion", "ce-id", "ce-type", "ce-source", "ce-subject", "ce-time", "ce-datacontenttype", "ce-dataschema", "Nats-Msg-Id"} {
		if len(message.Header[name]) != 1 {
			t.Errorf("%s is %v", name, message.Header[name])
		}
	}
	if message.Header["ce-id"][0] != message.Header["Nats-Msg-Id"][0] {
		t.Error("two ids")
	}
}

func TestInternalKindsStayInside(t *testing.T) {
	h := setUp(t)
	h.put(h.ctx, state.KindClaim, "x", "claim-taken")
	h.put(h.ctx, state.KindUser, "u1", "user-provisioned")
	first := make(chan bus.Event, 1)
	err := bus.Read(h.ctx, h.js, bus.Selection{}, bus.Position{}, func(event bus.Event) error { first <- event; return context.Canceled }, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if event := <-first; event.Kind != "user" {
		t.Errorf("%s can be read", event.Kind)
	}
}

// Sourcing reads behind the writers. Facts that happen once to an entity have a subject each, and all
// arrive, however fast they come.
func TestBurstOfOnceOnlyFactsArrivesWhole(t *testing.T) {
	h := setUp(t)
	const writers, each = 8, 100
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				h.put(h.ctx, state.KindUser, fmt.Sprintf("u%d-%d", w, i), "user-provisioned")
			}
		})
	}
	group.Wait()
	seen := map[string]bool{}
	err := bus.Read(h.ctx, h.js, bus.Selection{Facts: []string{"user-provisioned"}}, bus.Position{}, func(event bus.Event) error {
		seen[event.EntityID] = true
		if len(seen) == writers*each {
			return context.Canceled
		}
		return nil
	}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%d of %d, %v", len(seen), writers*each, err)
	}
}

func TestHandlersErrorDecides(t *testing.T) {
	h := setUp(t)
	type call struct {
		id        string
		delivered int
	}
	calls := make(chan call, 100)
	h.consume(h.js, provisioned, func(_ context.Context, event bus.Event) error {
		calls <- call{event.EntityID, event.Delivered}
		switch {
		case event.EntityID == "later" && event.Delivered < 3:
			return fault.New(fault.Transient, "import", "directory is down")
		case event.EntityID == "never":
			return fault.New(fault.Invalid, "import", "has no name", fault.Reason("NO_NAME"), fault.Next("give it one"))
		}
		return nil
	})
	for _, id := range []string{"later", "never"} {
		h.provision(id)
	}
	got := map[call]bool{}
	for range 4 {
		got[receive(h, calls)] = true
	}
	if diff := cmp.Diff(map[call]bool{{"later", 1}: true, {"later", 2}: true, {"later", 3}: true, {"never", 1}: true}, got); diff != "" {
		t.Error(diff)
	}
	h.provision("last")
	if c := receive(h, calls); c != (call{"last", 1}) {
		t.Errorf("%+v", c)
	}
	var letters []bus.DeadLetter
	if err := bus.DeadLetters(h.ctx, h.js, "backup-worker", func(letter bus.DeadLetter) error { letters = append(letters, letter); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(letters) != 1 || letters[0].Reason != "NO_NAME" || letters[0].Next != "give it one" || string(letters[0].Data) != "never" || letters[0].Origin != 2 {
		t.Errorf("%+v", letters)
	}
}

func TestLongHandlersKeepTheirEvent(t *testing.T) {
	h := setUp(t)
	calls := make(chan int, 10)
	handle := func(_ context.Context, event bus.Event) error {
		calls <- event.Delivered
		if event.EntityID == "slow" {
			timer := time.NewTimer(2500 * time.Millisecond)
			defer timer.Stop()
			<-timer.C
		}
		return nil
	}
	h.consume(h.js, provisioned, handle)
	h.consume(h.server.Connect(), provisioned, handle) // another process, to which it would be given
	h.provision("slow")
	receive(h, calls)
	consumer, err := h.js.Consumer(h.ctx, bus.StreamEvents, provisioned.Durable)
	if err != nil {
		t.Fatal(err)
	}
	every := time.NewTicker(50 * time.Millisecond)
	defer every.Stop()
	for {
		info, err := consumer.Info(h.ctx)
		if err == nil && info.NumAckPending == 0 {
			break
		}
		<-every.C
	}
	if len(calls) != 0 {
		t.Error("was given to somebody else as well")
	}
}

func TestConsumerOutlivesServerAndItself(t *testing.T) {
	h := setUp(t)
	events := make(chan string, 100)
	var known sync.Map // a restart may lose an acknowledgement, and the event comes again
	handle := func(_ context.Context, event bus.Event) error {
		if _, repeated := known.LoadOrStore(event.ID, true); !repeated {
			events <- event.EntityID
		}
		return nil
	}
	stop := h.consume(h.js, provisioned, handle)
	h.provision("u1")
	if got := receive(h, events); got != "u1" {
		t.Error(got)
	}
	h.server.Restart()
	h.provision("u2")
	if got := receive(h, events); got != "u2" {
		t.Error(got)
	}
	stop()
	h.provision("u3")
	more := provisioned
	more.Facts = append(more.Facts, "user-removed") // what it reads may change, its place stays
	h.consume(h.js, more, handle)
	if got := receive(h, events); got != "u3" {
		t.Error(got)
	}
	h.put(h.ctx, state.KindUser, "u4", "user-removed")
	if got := receive(h, events); got != "u4" {
		t.Error(got)
	}
}

func TestProcessesShareAPlace(t *testing.T) {
	h := setUp(t)
	const count = 40
	var mu sync.Mutex
	seen, by := map[string]int{}, map[int]int{}
	done := make(chan struct{}, count)
	for process := range 2 {
		h.consume(h.server.Connect(), provisioned, func(_ context.Context, event bus.Event) error {
			mu.Lock()
			defer mu.Unlock()
			seen[event.EntityID]++
			by[process]++
			done <- struct{}{}
			return nil
		})
	}
	for i := range count {
		h.provision(fmt.Sprint(i))
	}
	for range count {
		receive(h, done)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != count || by[0] == 0 || by[1] == 0 {
		t.Errorf("%d of %d, by process %v", len(seen), count, by)
	}
}

func TestReplay(t *testing.T) {
	h := setUp(t)
	var after bus.Event
	for i := range 3 {
		h.put(h.ctx, state.KindUser, fmt.Sprint("u", i), "user-provisioned")
	}
	h.put(h.ctx, state.KindGroup, "g", "group-created")
	read := func(selection bus.Selection, from bus.Position, want ...string) bus.Event {
		t.Helper()
		var last bus.Event
		for len(want) > 0 {
			err := bus.Read(h.ctx, h.js, selection, from, func(event bus.Event) error {
				if last = event; event.EntityID != want[0] {
					t.Errorf("read %s, want %s", event.EntityID, want[0])
				}
				if want = want[1:]; len(want) == 0 {
					return context.Canceled
				}
				return nil
			}, nil)
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		return last
	}
	after = read(bus.Selection{}, bus.Position{}, "u0", "u1")
	read(bus.Selection{}, bus.Position{After: after.Sequence}, "u2", "g")
	read(bus.Selection{}, bus.Position{Since: after.Time.Add(-time.Hour)}, "u0", "u1", "u2", "g")
	read(bus.Selection{Kind: "group"}, bus.Position{}, "g")
	read(bus.Selection{Facts: []string{"user-provisioned"}, ID: "u2", Connection: "c1"}, bus.Position{}, "u2")
	if err := bus.Read(h.ctx, h.js, bus.Selection{Facts: []string{"user.provisioned"}}, bus.Position{}, nil, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a fact with a dot: %v", err)
	}

	late, ready := make(chan string, 10), make(chan struct{})
	ctx, stop := context.WithCancel(h.ctx)
	var group sync.WaitGroup
	group.Go(func() {
		_ = bus.Read(ctx, h.js, bus.Selection{}, bus.Position{New: true}, func(event bus.Event) error { late <- event.EntityID; return nil }, func() { close(ready) })
	})
	receive(h, ready)
	h.provision("new")
	if got := receive(h, late); got != "new" {
		t.Errorf("read %s", got)
	}
	stop()
	group.Wait()
}
