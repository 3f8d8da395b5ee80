package schedule

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Config is how often what is done.
type Config struct {
	Interval time.Duration // between two syncs of a connection; each wait differs by up to a tenth of it
	Parallel int           // how many connections at a time; default 4
	Log      *slog.Logger
}

// Sync does one.
type Sync func(ctx context.Context, connection m365.ConnectionID, cause string) error

// Schedule wakes syncs. Make it with [New].
type Schedule struct {
	config Config
	sync   Sync
	woken  chan struct{} // there may be something to do

	mu    sync.Mutex
	plans map[m365.ConnectionID]*plan
}

// plan is one connection's next sync.
type plan struct {
	due     time.Time
	cause   string
	running bool
	again   string // cause of what was wanted meanwhile
	failed  int    // how often in a row
}

// New returns an empty schedule.
func New(config Config, sync Sync) *Schedule {
	if config.Parallel == 0 {
		config.Parallel = 4
	}
	return &Schedule{config: config, sync: sync, woken: make(chan struct{}, 1), plans: map[m365.ConnectionID]*plan{}}
}

// Want asks for a sync as soon as possible, and keeps the connection in the schedule.
func (s *Schedule) Want(connection m365.ConnectionID, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.plans[connection]
	if p == nil {
		p = &plan{}
		s.plans[connection] = p
	}
	if p.running {
		p.again = cause
		return
	}
	p.due, p.cause = time.Time{}, cause
	s.wake()
}

// Drop takes a connection out of the schedule. A sync under way goes on.
func (s *Schedule) Drop(connection m365.ConnectionID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.plans, connection)
}

// Run works until ctx ends, and waits for what is under way.
func (s *Schedule) Run(ctx context.Context) error {
	var under sync.WaitGroup
	defer under.Wait()
	turns := make(chan struct{}, s.config.Parallel)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.woken:
		}
		for len(turns) < cap(turns) {
			connection, p, wait := s.next()
			if p == nil {
				timer.Reset(wait)
				break
			}
			turns <- struct{}{}
			under.Go(func() {
				s.one(ctx, connection, p)
				<-turns
				s.wake()
			})
		}
	}
}

// next takes the plan that is due, or says how long none will be.
func (s *Schedule) next() (m365.ConnectionID, *plan, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first *plan
	var of m365.ConnectionID
	for connection, p := range s.plans {
		if !p.running && (first == nil || p.due.Before(first.due)) {
			first, of = p, connection
		}
	}
	if first == nil {
		return "", nil, s.config.Interval
	}
	if wait := time.Until(first.due); wait > 0 {
		return "", nil, wait
	}
	first.running = true
	return of, first, 0
}

func (s *Schedule) one(ctx context.Context, connection m365.ConnectionID, p *plan) {
	err := s.sync(ctx, connection, p.cause)
	wait := s.wait(err, p.failed)
	if err != nil && ctx.Err() == nil {
		s.config.Log.Warn("sync failed", "connection", connection, "cause", p.cause, "error", err,
			"reason", fault.ReasonOf(err), "next", fault.NextOf(err), "again_in", wait.Round(time.Second))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.running, p.due, p.cause = false, time.Now().Add(wait), "schedule"
	if p.failed++; err == nil {
		p.failed = 0
	}
	if p.again != "" {
		p.due, p.cause, p.again = time.Time{}, p.again, ""
	}
}

// firstRetry is how long after a failure that may pass by itself it is tried again; then twice as long.
const firstRetry = 15 * time.Second

// wait is how long until the next sync of a connection, after it has failed so often before.
func (s *Schedule) wait(err error, failed int) time.Duration {
	wait := s.config.Interval + time.Duration((rand.Float64()-0.5)*0.2*float64(s.config.Interval))
	after := fault.RetryAfterOf(err)
	switch {
	case after > 0:
		return min(wait, after)
	case fault.Retryable(err):
		return min(wait, firstRetry<<min(failed, 20))
	default:
		return wait
	}
}

func (s *Schedule) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
