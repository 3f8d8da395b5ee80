package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// How a limiter leases. A short credit keeps waste small when a process stops calling. Slots are
// leased for seconds, so that those of a killed process come back within five, and renewed in less than
// half of that, so that a slow moment costs none and a restore need not wait for its share.
const (
	creditFor  = LeaseFor
	slotsFor   = 4500 * time.Millisecond
	renewAfter = 1500 * time.Millisecond
	tickEvery  = 500 * time.Millisecond
	keepShare  = 10 * time.Second // how long an unused scope is remembered
)

// Config is what a limiter needs.
type Config struct {
	Ledger     Ledger
	Connection m365.ConnectionID
	Holder     string        // names this limiter among all: host, process and a random part
	Patience   time.Duration // longest wait before a call is refused as Throttled; default 2 minutes
}

// Price is what one call costs.
type Price struct {
	Scope    string
	Charges  []Charge
	Slots    int64 // how many calls in flight it is; at most SlotsMax
	SlotsMax int64 // how many the scope allows; 0: unlimited
	Priority Priority

	// Waits is told, now and then while the call waits, by what (Grant.Blocked) and for how long at most
	// until it is told again. It must return at once. May be nil.
	Waits func(blocked string, atMost time.Duration)
}

// Limiter is one process's share of a connection's budgets. Close it to give back what is unused.
type Limiter struct {
	config Config
	mu     sync.Mutex
	shares map[string]*share
	stop   context.CancelFunc
	done   chan struct{}
}

// NewLimiter starts a limiter.
func NewLimiter(config Config) *Limiter {
	if config.Patience == 0 {
		config.Patience = 2 * time.Minute
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &Limiter{config: config, shares: map[string]*share{}, stop: stop, done: make(chan struct{})}
	go l.keep(ctx)
	return l
}

// Acquire waits until the price can be paid. The permit must be released when the call is over.
//
// It fails with Throttled and RetryAfter if the wait would be longer than the limiter's patience,
// so that the worker can do something else, with Invalid for a price above the limit itself, and
// with Cancelled when ctx ends.
func (l *Limiter) Acquire(ctx context.Context, price Price) (*Permit, error) {
	for _, c := range price.Charges {
		if c.Units > c.Limit.Ceiling() {
			return nil, fault.New(fault.Invalid, "acquire budget", "the call costs more of budget "+c.Budget+" than it ever holds")
		}
	}
	return l.share(price.Scope).acquire(ctx, price)
}

// CoolDown stops all calls to a scope, of all processes, for that long.
func (l *Limiter) CoolDown(ctx context.Context, scope string, wait time.Duration) error {
	l.share(scope).forfeit()
	return l.config.Ledger.CoolDown(ctx, l.config.Connection, scope, wait)
}

// Report is what the ledger says of the connection.
func (l *Limiter) Report(ctx context.Context) ([]Usage, error) {
	return l.config.Ledger.Report(ctx, l.config.Connection)
}

// Close ends the limiter and returns what is unused to the ledger. No call may be in flight.
func (l *Limiter) Close() {
	l.stop()
	<-l.done
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for _, s := range l.all() {
		s.giveUp(ctx)
	}
}

func (l *Limiter) share(scope string) *share {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.shares[scope]
	if s == nil {
		s = newShare(l.config, scope)
		l.shares[scope] = s
	}
	s.touched = time.Now()
	return s
}

func (l *Limiter) all() []*share {
	l.mu.Lock()
	defer l.mu.Unlock()
	shares := make([]*share, 0, len(l.shares))
	for _, s := range l.shares {
		shares = append(shares, s)
	}
	return shares
}

// keep renews the slots that are in use, returns what lies idle, and forgets scopes unused for long.
func (l *Limiter) keep(ctx context.Context) {
	defer close(l.done)
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, s := range l.all() {
			s.upkeep(ctx)
		}
		l.forget()
		if kept, ok := l.config.Ledger.(keeper); ok {
			kept.Keep(ctx, l.config.Connection)
		}
	}
}

func (l *Limiter) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, s := range l.shares {
		if time.Since(s.touched) > keepShare && s.empty() {
			delete(l.shares, name)
		}
	}
}
