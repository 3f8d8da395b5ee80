package delivery

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// desk is a Store, the facts, the secrets and the sender in memory.
type desk struct {
	mu         sync.Mutex
	rules      []Rule
	channels   map[string]Channel
	deliveries map[string]Delivery
	facts      map[uint64]Fact
	sent       []string
	answer     func(ctx context.Context, channel Channel) error
	agenda     *Agenda
}

func (d *desk) Rules(context.Context) ([]Rule, error) { return d.rules, nil }

func (d *desk) Channel(_ context.Context, id string) (Channel, error) {
	if c, ok := d.channels[id]; ok {
		return c, nil
	}
	return Channel{}, fault.New(fault.NotFound, "get channel", "none")
}

func (d *desk) Queue(_ context.Context, delivery Delivery, _ string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.deliveries[delivery.ID]; !known {
		d.keep(delivery)
	}
	return nil
}

func (d *desk) keep(delivery Delivery) {
	d.deliveries[delivery.ID] = delivery
	d.agenda.Note(delivery)
}

func (d *desk) Edit(_ context.Context, _ m365.ConnectionID, id string, edit func(*Delivery) string) (Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delivery := d.deliveries[id]
	if edit(&delivery) != nothing {
		d.keep(delivery)
	}
	return delivery, nil
}

func (d *desk) At(_ context.Context, cursor uint64, _ string) (Fact, error) {
	if f, ok := d.facts[cursor]; ok {
		return f, nil
	}
	return Fact{}, fault.New(fault.NotFound, "read event", "gone")
}

func (d *desk) Secret(context.Context, string) (string, error) { return "s", nil }

func (d *desk) Send(ctx context.Context, channel Channel, _ string, message Message) error {
	d.mu.Lock()
	d.sent = append(d.sent, message.ID)
	d.mu.Unlock()
	return d.answer(ctx, channel)
}

// letters are the ids of the messages that were sent.
func (d *desk) letters() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.sent)
}

func (d *desk) only(t *testing.T) Delivery {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.deliveries) != 1 {
		t.Fatalf("%d deliveries", len(d.deliveries))
	}
	for _, delivery := range d.deliveries {
		return delivery
	}
	return Delivery{}
}

// office runs a test in a bubble of its own time, with one rule for everything.
func office(t *testing.T, test func(t *testing.T, o *Office, d *desk)) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{
			rules:      []Rule{{ID: "r", Channel: "hook", Events: []string{AllEvents}}},
			channels:   map[string]Channel{"hook": {ID: "hook", Webhook: &Webhook{}}},
			deliveries: map[string]Delivery{}, facts: map[uint64]Fact{},
			answer: func(context.Context, Channel) error { return nil },
			agenda: NewAgenda(slog.New(slog.DiscardHandler), time.Now),
		}
		test(t, &Office{Store: d, Facts: d, Secrets: d, Webhook: d, Lease: 40 * time.Second, Now: time.Now}, d)
	})
}

// run has the agenda work until the test ends.
func run(t *testing.T, o *Office, d *desk) {
	ctx, cancel := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() { _ = d.agenda.Run(ctx, o.Attempt) })
	t.Cleanup(func() { cancel(); working.Wait() })
}

func (d *desk) happen(t *testing.T, o *Office, id string, at time.Time) Fact {
	t.Helper()
	f := Fact{ID: id, Event: "backup-failed", Kind: "resource", Connection: "c", Time: at, Cursor: uint64(len(d.facts) + 1)}
	d.facts[f.Cursor] = f
	if err := o.Spread(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSameFactIsToldOnce(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		run(t, o, d)
		fact := d.happen(t, o, "e1", time.Now())
		synctest.Wait()
		if err := o.Spread(t.Context(), fact); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if delivery := d.only(t); delivery.State != Succeeded || len(d.letters()) != 1 {
			t.Errorf("%+v, sent %v", delivery, d.letters())
		}
	})
}

func TestOldFactsAndDeliveriesAreNotTold(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		d.happen(t, o, "old", time.Now().Add(-25*time.Hour))
		d.rules[0].Since = time.Now()
		d.happen(t, o, "before the rule", time.Now().Add(-time.Second))
		if err := o.Spread(t.Context(), Fact{ID: "d", Event: "delivery-failed", Kind: "delivery", Time: time.Now()}); err != nil {
			t.Fatal(err)
		}
		if len(d.deliveries) != 0 {
			t.Errorf("%v", d.deliveries)
		}
	})
}

// TestTriesGoOnForLessThanADay follows a receiver that never works.
func TestTriesGoOnForLessThanADay(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		d.answer = func(context.Context, Channel) error {
			return fault.New(fault.Transient, "post", "503", fault.Next("x"))
		}
		run(t, o, d)
		began := time.Now()
		d.happen(t, o, "e1", began)
		time.Sleep(5 * time.Second * 12 / 10)
		if got := d.only(t).Attempts; got != 2 {
			t.Errorf("%d tries in the first six seconds", got)
		}
		time.Sleep(48 * time.Hour)
		delivery := d.only(t)
		if delivery.State != Failed || delivery.Attempts != len(waits)+1 || delivery.Ended.Sub(began) > MaxAge || delivery.Ended.Sub(began) < 12*time.Hour || delivery.Problem.Next != "x" || !delivery.Next.IsZero() {
			t.Errorf("%+v after %v", delivery, delivery.Ended.Sub(began))
		}
	})
}

func TestFinalRefusalEndsItAtOnce(t *testing.T) {
	for name, prepare := range map[string]func(d *desk){
		"refused": func(d *desk) {
			d.answer = func(context.Context, Channel) error { return fault.New(fault.Precondition, "post", "410") }
		},
		"channel gone": func(d *desk) { d.channels = nil },
		"event gone":   func(d *desk) { d.facts = map[uint64]Fact{} },
	} {
		t.Run(name, func(t *testing.T) {
			office(t, func(t *testing.T, o *Office, d *desk) {
				d.happen(t, o, "e1", time.Now())
				prepare(d)
				run(t, o, d)
				synctest.Wait()
				if delivery := d.only(t); delivery.State != Failed || delivery.Problem == nil || delivery.Attempts != 1 {
					t.Errorf("%+v", delivery)
				}
			})
		})
	}
}

// TestKilledTryIsMadeAgain lets a process die after it has claimed and sent, before it noted how it went.
func TestKilledTryIsMadeAgain(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		d.happen(t, o, "e1", time.Now())
		id := d.only(t).ID
		killed := *o
		killed.Store = dying{d}
		if err := killed.Attempt(t.Context(), "c", id); err == nil {
			t.Fatal("it noted the result")
		}
		run(t, o, d)
		synctest.Wait()
		if len(d.letters()) != 1 {
			t.Errorf("sent %v while the claim holds", d.letters())
		}
		time.Sleep(2 * o.Lease)
		if delivery := d.only(t); delivery.State != Succeeded || len(d.letters()) != 2 || d.letters()[0] != d.letters()[1] {
			t.Errorf("%+v, sent %v", delivery, d.letters())
		}
	})
}

// dying keeps the claim of a try and nothing after it.
type dying struct{ *desk }

func (d dying) Edit(ctx context.Context, c m365.ConnectionID, id string, edit func(*Delivery) string) (Delivery, error) {
	d.mu.Lock()
	claimed := d.deliveries[id].Attempts > 0
	d.mu.Unlock()
	if claimed {
		return Delivery{}, errors.New("killed")
	}
	return d.desk.Edit(ctx, c, id, edit)
}

func TestShutdownHandsATryBack(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		d.answer = func(ctx context.Context, _ Channel) error { <-ctx.Done(); return ctx.Err() }
		d.happen(t, o, "e1", time.Now())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stopped, stop := context.WithCancel(ctx)
		time.AfterFunc(500*time.Millisecond, stop)
		if err := o.Attempt(stopped, "c", d.only(t).ID); err != nil {
			t.Fatal(err)
		}
		if delivery := d.only(t); delivery.State != Queued || delivery.Attempts != 0 || delivery.Next.After(time.Now()) {
			t.Errorf("%+v", delivery)
		}
	})
}

func TestReceiverThatHangsDoesNotKeepOthersWaiting(t *testing.T) {
	office(t, func(t *testing.T, o *Office, d *desk) {
		d.channels["slow"] = Channel{ID: "slow", Webhook: &Webhook{}}
		d.rules = []Rule{{ID: "s", Channel: "slow", Events: []string{AllEvents}}}
		d.answer = func(ctx context.Context, c Channel) error {
			if c.ID == "slow" {
				time.Sleep(30 * time.Second)
			}
			return nil
		}
		for i := range 50 {
			d.happen(t, o, string(rune('A'+i)), time.Now())
		}
		d.rules = []Rule{{ID: "r", Channel: "hook", Events: []string{AllEvents}}}
		last := d.happen(t, o, "for the quick one", time.Now())
		run(t, o, d)
		time.Sleep(time.Second)
		d.mu.Lock()
		defer d.mu.Unlock()
		if got := d.deliveries[d.rules[0].delivery(last, time.Now()).ID]; got.State != Succeeded {
			t.Errorf("%+v", got)
		}
	})
}
