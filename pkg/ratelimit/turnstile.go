package ratelimit

import (
	"context"
	"slices"
	"sync"
	"time"
)

// turnstile lets one caller of a process decide at a time: the one of the highest priority, and of equals the one
// that came first. Who has waited for [Overdue] goes first once.
type turnstile struct {
	mu      sync.Mutex
	busy    bool
	waiting []*turn
	came    chan struct{} // gets one when somebody comes that outranks whoever is inside; holds one
	inside  Priority
}

type turn struct {
	priority Priority
	since    time.Time
	in       chan struct{}
}

func newTurnstile(came chan struct{}) *turnstile { return &turnstile{came: came} }

// enter waits for the turn; tick is called now and then until it has it. since says for how long the caller waits already.
func (t *turnstile) enter(ctx context.Context, priority Priority, since time.Time, tick func()) error {
	t.mu.Lock()
	if !t.busy {
		t.busy, t.inside = true, priority
		t.mu.Unlock()
		return nil
	}
	own := &turn{priority, since, make(chan struct{})}
	t.waiting = append(t.waiting, own)
	if priority > t.inside {
		signal(t.came)
	}
	t.mu.Unlock()
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	for {
		select {
		case <-own.in:
			return nil
		case <-every.C:
			tick()
		case <-ctx.Done():
			t.abandon(own)
			return ctx.Err()
		}
	}
}

// abandon leaves the line, or the turnstile, if the turn came at the same moment.
func (t *turnstile) abandon(own *turn) {
	t.mu.Lock()
	at := slices.Index(t.waiting, own)
	if at >= 0 {
		t.waiting = slices.Delete(t.waiting, at, at+1)
	}
	t.mu.Unlock()
	if at < 0 {
		t.leave()
	}
}

// try enters only if nobody is inside.
func (t *turnstile) try() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy {
		return false
	}
	t.busy, t.inside = true, Scheduled
	return true
}

// leave lets the next one in.
func (t *turnstile) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.busy = false
		return
	}
	best, now := 0, time.Now()
	for i, other := range t.waiting {
		if other.rank(now) > t.waiting[best].rank(now) || other.rank(now) == t.waiting[best].rank(now) && other.since.Before(t.waiting[best].since) {
			best = i
		}
	}
	next := t.waiting[best]
	t.waiting, t.inside = slices.Delete(t.waiting, best, best+1), next.priority
	close(next.in)
}

// outranked tells whether somebody waits that goes before the one inside, who has waited since.
func (t *turnstile) outranked(priority Priority, since time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	own := (&turn{priority: priority, since: since}).rank(now)
	return slices.ContainsFunc(t.waiting, func(other *turn) bool { return other.rank(now) > own })
}

// line counts who waits, the one inside included.
func (t *turnstile) line() (q Queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q[t.inside]++
	for _, other := range t.waiting {
		q[other.priority]++
	}
	return q
}

func (t *turn) rank(now time.Time) Priority {
	if now.Sub(t.since) >= Overdue {
		return Restore
	}
	return t.priority
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
