package ratelimit

import (
	"maps"
	"slices"
	"time"
)

// scope is the state of one scope: what the memory ledger keeps, and what the Redis script keeps
// as one hash.
type scope struct {
	coolUntil, pace, pacedAt int64
	limits                   map[string]Limit
	buckets                  map[string]gcra
	windows                  map[string]window
	holders                  map[string]holder
	slots                    int64
}

// holder has slots until a time; with none it waits for some.
type holder struct {
	slots, until int64
	priority     Priority
}

func newScope() *scope {
	return &scope{
		pace:    100,
		limits:  map[string]Limit{},
		buckets: map[string]gcra{},
		windows: map[string]window{},
		holders: map[string]holder{},
	}
}

func (s *scope) acquire(ask Ask, now int64) Grant {
	if s.coolUntil > now && len(ask.Charges) > 0 { // to renew slots is no call
		return Grant{Wait: micros(s.coolUntil - now), Blocked: "cool-down"}
	}
	pace := s.paceAt(now)
	slots := int64(0)
	if ask.Slots.Max > 0 {
		if slots = s.share(ask, pace, now); slots == 0 {
			return Grant{Wait: SlotRetry, Blocked: "slots"}
		}
	}
	grant := Grant{Slots: slots, At: now, Units: make([]int64, len(ask.Charges))}
	commit := make([]func(), 0, len(ask.Charges))
	for i, charge := range ask.Charges {
		units, wait, keep := s.charge(charge, pace, now)
		if wait > 0 {
			return Grant{Wait: micros(wait), Blocked: charge.Budget}
		}
		grant.Units[i] = units
		commit = append(commit, keep)
	}
	for _, keep := range commit {
		keep()
	}
	if slots > 0 {
		s.slots = ask.Slots.Max
		s.holders[ask.Holder] = holder{slots, now + ask.Slots.For.Microseconds(), ask.Priority}
	}
	return grant
}

func (s *scope) charge(c Charge, pace, now int64) (units, wait int64, keep func()) {
	limit := c.Limit.scaled(pace, c.Units)
	want := max(c.Lease, c.Units)
	s.limits[c.Budget] = c.Limit
	if limit.Burst > 0 {
		units, next, wait := s.buckets[c.Budget].take(limit, now, c.Units, want)
		return units, wait, func() { s.buckets[c.Budget] = next }
	}
	units, next, wait := s.windows[c.Budget].take(limit, now, c.Units, want)
	return units, wait, func() { s.windows[c.Budget] = next }
}

// share is how many slots the asker gets; 0 means that it has to wait, which is noted.
func (s *scope) share(ask Ask, pace, now int64) int64 {
	maps.DeleteFunc(s.holders, func(_ string, h holder) bool { return h.until <= now })
	total := max(ask.Slots.Max*pace/100, 1)
	others, higher, equal, lower := s.rivals(ask)
	limit := total
	switch {
	case higher:
		limit = 1
	case equal > 0:
		limit = total / (equal + 1)
	case lower:
		limit = total - 1
	}
	got := min(ask.Slots.Want, max(limit, 1), total-others)
	own := s.holders[ask.Holder].slots
	if need := ask.Slots.Need; got < need && need <= max(own, total-others) {
		got = need // what is in flight already stays
	}
	if got < 1 || got < ask.Slots.Need {
		s.holders[ask.Holder] = holder{own, now + WaiterFor.Microseconds(), ask.Priority}
		return 0
	}
	return got
}

func (s *scope) rivals(ask Ask) (slots int64, higher bool, equal int64, lower bool) {
	for name, h := range s.holders {
		if name == ask.Holder {
			continue
		}
		slots += h.slots
		higher = higher || h.priority > ask.Priority
		lower = lower || h.priority < ask.Priority
		if h.priority == ask.Priority {
			equal++
		}
	}
	return slots, higher, equal, lower
}

func (s *scope) giveBack(back Return) {
	for i, charge := range back.Charges {
		if charge.Limit.Burst > 0 {
			s.buckets[charge.Budget] = s.buckets[charge.Budget].give(charge.Limit, charge.Units)
		} else {
			s.windows[charge.Budget] = s.windows[charge.Budget].give(charge.Limit, back.At[i], charge.Units)
		}
	}
	if back.Slots {
		delete(s.holders, back.Holder)
	}
}

func (s *scope) coolDown(wait time.Duration, now int64) {
	if s.coolUntil <= now {
		s.pace = max(s.paceAt(now)/2, MinPace)
	}
	s.coolUntil = max(s.coolUntil, now+wait.Microseconds())
	s.pacedAt = s.coolUntil
}

func (s *scope) paceAt(now int64) int64 {
	quiet := max(now-s.pacedAt, 0) / PaceInterval.Microseconds()
	return min(s.pace+PaceStep*quiet, 100)
}

func (s *scope) usage(name string, now int64) Usage {
	u := Usage{Scope: name, Cooling: micros(max(s.coolUntil-now, 0)), Pace: s.paceAt(now), Slots: s.slots}
	for _, budget := range slices.Sorted(maps.Keys(s.limits)) {
		limit := s.limits[budget]
		used := s.buckets[budget].used(limit, now)
		if limit.Burst == 0 {
			used = s.windows[budget].live(limit, now).sum()
		}
		u.Budgets = append(u.Budgets, BudgetUsage{budget, limit, used, max(limit.Ceiling()-used, 0)})
	}
	for _, h := range s.holders {
		if h.until > now {
			u.Held += h.slots
		}
	}
	return u
}

// idle tells whether forgetting the scope would lose nothing.
func (s *scope) idle(now int64) bool {
	u := s.usage("", now)
	busy := slices.ContainsFunc(u.Budgets, func(b BudgetUsage) bool { return b.Used > 0 })
	return !busy && u.Held == 0 && u.Cooling == 0 && u.Pace == 100
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
