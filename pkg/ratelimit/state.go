package ratelimit

import (
	"maps"
	"slices"
	"time"
)

// State is all that a ledger keeps of one scope. [Memory] decides on it; the Redis script decides on the same in
// a hash, and hands it out so that a process can go on when Redis is away. Moments are microseconds of the ledger's clock.
type State struct {
	CoolUntil int64
	Pace      int64 // percent, as of PacedAt
	PacedAt   int64
	Slots     int64 // how many there are; 0: the scope has none
	Limits    map[string]Limit
	Arrivals  map[string]int64 // token buckets: when the bucket will be full again
	Windows   map[string]Window
	Holders   map[string]Holder
	Askers    map[string]Asker
}

// Holder has slots until a moment; with none it waits for some.
type Holder struct {
	Slots, Until int64
	Priority     Priority
}

// NewState is a scope in which nothing was spent.
func NewState() *State {
	return &State{
		Pace:     100,
		Limits:   map[string]Limit{},
		Arrivals: map[string]int64{},
		Windows:  map[string]Window{},
		Holders:  map[string]Holder{},
		Askers:   map[string]Asker{},
	}
}

func (s *State) paceAt(now int64) int64 {
	quiet := max(now-s.PacedAt, 0) / PaceInterval.Microseconds()
	return min(s.Pace+PaceStep*quiet, 100)
}

// spent is how many units of a budget are used at now.
func (s *State) spent(budget string, now int64) int64 {
	limit := s.Limits[budget]
	if limit.Burst > 0 {
		return gcra(s.Arrivals[budget]).used(limit, now)
	}
	return s.Windows[budget].live(limit, now).sum()
}

// Usage is what is spent, left, cooling and waiting at now.
func (s *State) Usage(name string, now int64) Usage {
	u := Usage{Scope: name, Cooling: micros(max(s.CoolUntil-now, 0)), Pace: s.paceAt(now), Slots: s.Slots, Waiting: map[Priority]int64{}}
	for _, budget := range slices.Sorted(maps.Keys(s.Limits)) {
		limit, used := s.Limits[budget], s.spent(budget, now)
		u.Budgets = append(u.Budgets, BudgetUsage{Name: budget, Limit: limit, Used: used, Left: max(limit.Ceiling()-used, 0)})
	}
	for _, h := range s.Holders {
		if h.Until > now {
			u.Held += h.Slots
		}
	}
	s.waiting(&u, now)
	return u
}

// idle tells whether forgetting the scope would lose nothing.
func (s *State) idle(now int64) bool {
	u := s.Usage("", now)
	busy := slices.ContainsFunc(u.Budgets, func(b BudgetUsage) bool { return b.Used > 0 })
	return !busy && u.Held == 0 && u.Cooling == 0 && u.Pace == 100 && len(u.Waiting) == 0
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
