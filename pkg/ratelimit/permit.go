package ratelimit

import (
	"context"
	"sync"
	"time"
)

// Permit is the right to make one call.
type Permit struct {
	Slots  int64         // how many calls may be in flight under it: less than asked for while others work on the scope
	Waited time.Duration // for how long the budget held the call up
	share  *share
	once   sync.Once
}

// Release says that the call is over. Releasing twice is harmless.
func (p *Permit) Release() {
	p.once.Do(func() {
		s := p.share
		s.mu.Lock()
		s.inUse -= p.Slots
		s.mu.Unlock()
		signal(s.freed)
	})
}

// upkeep renews slots in use and returns what is idle. Errors are left to the calls that follow:
// what is not returned expires.
func (s *share) upkeep(ctx context.Context) {
	s.mu.Lock()
	ask := Ask{Connection: s.config.Connection, Scope: s.name, Holder: s.config.Holder, Priority: s.rank, Slots: s.slots}
	ask.Slots.Need = s.inUse
	renew := s.inUse > 0 && time.Since(s.renewed) > renewAfter
	idle := s.inUse == 0 && s.held > 0 && time.Since(s.renewed) > renewAfter
	s.mu.Unlock()
	if renew {
		if grant, err := s.config.Ledger.Acquire(ctx, ask); err == nil && grant.Wait == 0 {
			s.book(ask, grant)
		}
		return
	}
	s.returnIdle(ctx, idle)
}

// returnIdle gives back expired credits and, if nobody uses them, the slots.
func (s *share) returnIdle(ctx context.Context, slots bool) {
	if !s.turn.try() { // somebody is deciding
		return
	}
	defer s.turn.leave()
	s.mu.Lock()
	back := s.unused(slots && s.inUse == 0, func(c credit) bool { return time.Now().After(c.until) })
	s.mu.Unlock()
	s.sendBack(ctx, back)
}

// giveUp returns everything.
func (s *share) giveUp(ctx context.Context) {
	s.mu.Lock()
	back := s.unused(s.held > 0, func(credit) bool { return true })
	s.mu.Unlock()
	s.sendBack(ctx, back)
}

func (s *share) sendBack(ctx context.Context, back Return) {
	if len(back.Charges) > 0 || back.Slots {
		_ = s.config.Ledger.Return(ctx, back) // lost units come back with their window, lost slots with their lease
	}
}

// forfeit drops all credit: a cool-down is a sign that the ledger knows too little.
func (s *share) forfeit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.credits)
	s.renewed = time.Time{}
}

func (s *share) unused(slots bool, gone func(credit) bool) Return {
	back := Return{Connection: s.config.Connection, Scope: s.name, Holder: s.config.Holder, Slots: slots}
	for budget, c := range s.credits {
		if !gone(c) {
			continue
		}
		if c.units > 0 {
			c.charge.Units = c.units
			back.Charges, back.At = append(back.Charges, c.charge), append(back.At, c.at)
		}
		delete(s.credits, budget)
	}
	if slots {
		s.held = 0
	}
	return back
}

func (s *share) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse == 0 && s.held == 0 && len(s.credits) == 0
}
