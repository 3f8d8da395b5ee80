package ratelimit

import (
	"context"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// share is what a limiter holds of one scope. Whoever has the turn decides; the others queue, so
// that a call that needs four slots is not overtaken for ever by equal calls that need one.
type share struct {
	config  Config
	name    string
	turn    *turnstile    // who decides
	freed   chan struct{} // holds one: slots came back since the decider looked, or somebody came who goes first
	touched time.Time     // guarded by the limiter

	mu      sync.Mutex
	credits map[string]credit
	slots   Slots // as last granted; Max 0: the scope has none
	held    int64 // slots granted by the ledger
	inUse   int64
	renewed time.Time
	rank    Priority // of the last caller
	blocked string   // by what the caller that decides is held up; empty if it is not
}

// credit is what was leased of a budget and is not used yet.
type credit struct {
	charge Charge
	units  int64
	at     int64 // the ledger's time of the grant
	until  time.Time
}

func newShare(config Config, name string) *share {
	freed := make(chan struct{}, 1)
	return &share{config: config, name: name, turn: newTurnstile(freed), freed: freed, credits: map[string]credit{}}
}

// queue waits for the turn. Meanwhile the caller is told what the one in front of it waits for.
func (s *share) queue(ctx context.Context, price Price, since time.Time) error {
	return s.turn.enter(ctx, price.Priority, since, func() {
		s.mu.Lock()
		blocked := s.blocked
		s.mu.Unlock()
		price.tell(blocked)
	})
}

func (p Price) tell(blocked string) {
	if p.Waits != nil && blocked != "" {
		p.Waits(blocked, renewAfter)
	}
}

// acquire waits for the turn and decides. While it waits for budget it lets in who goes first.
func (s *share) acquire(ctx context.Context, price Price) (*Permit, error) {
	since := time.Now()
	if err := s.queue(ctx, price, since); err != nil {
		return nil, fault.Wrap("acquire budget", err)
	}
	var waited time.Duration
	for {
		if s.turn.outranked(price.Priority, since) {
			s.turn.leave()
			if err := s.queue(ctx, price, since); err != nil {
				return nil, fault.Wrap("acquire budget", err)
			}
		}
		permit, wait, err := s.decide(ctx, price)
		if permit != nil || err != nil {
			s.settle(permit, waited)
			return permit, err
		}
		start := time.Now()
		if err := s.sleep(ctx, min(wait, renewAfter)); err != nil {
			s.settle(nil, waited)
			return nil, fault.Wrap("acquire budget", err)
		}
		waited += time.Since(start)
	}
}

// decide pays from what is at hand, or asks for more and says when to look again.
func (s *share) decide(ctx context.Context, price Price) (*Permit, time.Duration, error) {
	if permit := s.takeLocal(price); permit != nil {
		return permit, 0, nil
	}
	wait, err := s.refill(ctx, price)
	return nil, wait, fault.Wrap("acquire budget", err)
}

// settle ends a turn.
func (s *share) settle(permit *Permit, waited time.Duration) {
	if permit != nil {
		permit.Waited = waited
	}
	s.mu.Lock()
	s.blocked = ""
	s.mu.Unlock()
	s.turn.leave()
}

// refill asks the ledger for what is lacking and says how long to wait before looking again. If
// only this process's own calls are in the way the ledger is left alone.
func (s *share) refill(ctx context.Context, price Price) (time.Duration, error) {
	if s.crowded(price) {
		return SlotRetry, nil
	}
	grant, err := s.askLedger(ctx, price)
	if err != nil {
		return 0, err
	}
	if grant.Wait > s.config.Patience {
		return 0, fault.New(fault.Throttled, "ask ledger", "the budget is spent ("+grant.Blocked+")",
			fault.Reason("BUDGET_SPENT"), fault.After(grant.Wait), fault.Next("nothing: the work goes on when the budget has refilled"))
	}
	if grant.Wait > 0 {
		s.holdUp(price, grant.Blocked)
	}
	return grant.Wait, nil
}

// holdUp notes what the caller that decides waits for.
func (s *share) holdUp(price Price, blocked string) {
	s.mu.Lock()
	s.blocked = blocked
	s.mu.Unlock()
	price.tell(blocked)
}

func (s *share) crowded(price Price) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.held > 0 && time.Since(s.renewed) <= renewAfter
	return price.SlotsMax > 0 && fresh && s.held-s.inUse < s.claim(price)
}

// takeLocal pays from credits and slots at hand, or takes nothing.
func (s *share) takeLocal(price Price) *Permit {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.rank = price.Priority
	slots := s.claim(price)
	if price.SlotsMax > 0 && (slots == 0 || s.held-s.inUse < slots || now.Sub(s.renewed) > renewAfter) {
		return nil
	}
	for _, c := range price.Charges {
		if have := s.credits[c.Budget]; have.units < c.Units || now.After(have.until) {
			return nil
		}
	}
	for _, c := range price.Charges {
		have := s.credits[c.Budget]
		have.units -= c.Units
		s.credits[c.Budget] = have
	}
	s.inUse += slots
	return &Permit{share: s, Slots: slots}
}

// claim is how many slots the call takes: what it asks for, or one if that is more than this
// process will get as long as others work on the scope too.
func (s *share) claim(price Price) int64 {
	if price.SlotsMax == 0 {
		return 0
	}
	if slots := max(price.Slots, 1); slots <= s.held {
		return slots
	}
	return min(1, s.held)
}

func (s *share) askLedger(ctx context.Context, price Price) (Grant, error) {
	ask := Ask{Connection: s.config.Connection, Scope: s.name, Holder: s.config.Holder, Priority: price.Priority, Queue: s.turn.line()}
	s.mu.Lock()
	if price.SlotsMax > 0 {
		ask.Slots = Slots{Max: price.SlotsMax, Need: max(s.inUse, 1), Want: price.SlotsMax, For: slotsFor}
	}
	now := time.Now()
	expired := s.unused(false, func(c credit) bool { return now.After(c.until) })
	for _, c := range price.Charges {
		if s.credits[c.Budget].units < c.Units {
			ask.Charges = append(ask.Charges, c)
		}
	}
	s.mu.Unlock()
	s.sendBack(ctx, expired)
	grant, err := s.config.Ledger.Acquire(ctx, ask)
	if err == nil && grant.Wait == 0 {
		s.book(ask, grant)
	}
	return grant, err
}

func (s *share) book(ask Ask, grant Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range ask.Charges {
		s.credits[c.Budget] = credit{c, grant.Units[i] + s.usable(c.Budget), grant.At, time.Now().Add(creditFor)}
	}
	if ask.Slots.Max > 0 {
		s.slots, s.held, s.renewed = ask.Slots, grant.Slots, time.Now()
	}
}

func (s *share) usable(budget string) int64 {
	if have := s.credits[budget]; time.Now().Before(have.until) {
		return have.units
	}
	return 0
}

func (s *share) sleep(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.freed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
