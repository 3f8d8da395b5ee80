package delivery

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Agenda knows which deliveries are due when, and has them tried. It holds no truth: it is told of every
// state of every delivery.
type Agenda struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	entries map[string]*entry
	busy    map[string]int // tries under way, by channel
	total   int
	changed chan struct{} // holds one note that something has changed
}

type entry struct {
	id         string
	connection m365.ConnectionID
	channel    string
	due        time.Time
	running    bool
}

// How many tries run at a time: all, and through one channel, so that a receiver that hangs does not keep
// the others waiting.
const (
	maxTries   = 16
	maxChannel = 4
)

// again is the least time between two tries of one delivery by this process: after a try its new state
// takes a moment to be heard of.
const again = 100 * time.Millisecond

// NewAgenda returns an empty agenda.
func NewAgenda(log *slog.Logger, now func() time.Time) *Agenda {
	return &Agenda{log: log, now: now, entries: map[string]*entry{}, busy: map[string]int{}, changed: make(chan struct{}, 1)}
}

// Note takes the newest state of a delivery.
func (a *Agenda) Note(d Delivery) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.entries[d.ID]
	switch {
	case d.State != Queued:
		delete(a.entries, d.ID)
	case known != nil:
		known.due = d.Next
	default:
		a.entries[d.ID] = &entry{id: d.ID, connection: d.Connection, channel: d.Channel, due: d.Next}
	}
	a.wake()
}

// Forget drops a delivery that is not kept any more.
func (a *Agenda) Forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.entries, id)
}

func (a *Agenda) wake() {
	select {
	case a.changed <- struct{}{}:
	default: // noted already
	}
}

// Run has what is due tried until ctx ends, and waits for the tries under way then.
func (a *Agenda) Run(ctx context.Context, attempt func(ctx context.Context, connection m365.ConnectionID, id string) error) error {
	var tries sync.WaitGroup
	defer tries.Wait()
	for {
		ready, wait := a.take()
		for _, e := range ready {
			tries.Go(func() { a.try(ctx, e, attempt) })
		}
		timer := time.NewTimer(wait)
		select {
		case <-a.changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		timer.Stop()
	}
}

// idle is how long to wait if nothing is due; every change wakes earlier.
const idle = time.Minute

// take marks what is due as running, within the limits, and says how long to wait for the next.
func (a *Agenda) take() (ready []*entry, wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	wait = idle
	for _, e := range a.entries {
		left := e.due.Sub(now)
		switch {
		case e.running:
		case left > 0:
			wait = min(wait, left)
		case a.total < maxTries && a.busy[e.channel] < maxChannel:
			e.running = true
			a.total++
			a.busy[e.channel]++
			ready = append(ready, e)
		}
	}
	return ready, wait
}

func (a *Agenda) try(ctx context.Context, e *entry, attempt func(context.Context, m365.ConnectionID, string) error) {
	if err := attempt(ctx, e.connection, e.id); err != nil {
		a.log.WarnContext(ctx, "delivery not tried", "delivery", e.id, "error", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.end(e)
	a.wake()
}

func (a *Agenda) end(e *entry) {
	a.total--
	if a.busy[e.channel]--; a.busy[e.channel] <= 0 {
		delete(a.busy, e.channel)
	}
	e.running = false
	if soonest := a.now().Add(again); e.due.Before(soonest) {
		e.due = soonest
	}
}
