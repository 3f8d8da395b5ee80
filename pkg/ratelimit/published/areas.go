package published

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Standing is how a connection stands with one area.
type Standing struct {
	Area    Area
	Scopes  int64 // mailboxes that were worked on lately; 1 for areas that limit the tenant as a whole
	Limits  []LimitStanding
	Slots   int64 // how many calls may be in flight, over all scopes; 0: not limited
	Held    int64
	Pace    int64         // percent; the least of all scopes
	Cooling time.Duration // the longest of all scopes
	Waiting map[ratelimit.Priority]int64
	For     []string      // what they wait for, in words
	Ready   time.Duration // when the last of them can be sent
}

// LimitStanding is one limit: Limit, Used and Left over all scopes, Least of the one that has least left.
type LimitStanding struct {
	Budget                   string
	Text                     string
	Per                      time.Duration
	Limit, Used, Left, Least int64
}

// Standings adds up a report of the ledger by area, in the order of [Areas].
func Standings(report []ratelimit.Usage) []Standing {
	byArea := map[Area]*Standing{}
	for _, usage := range report {
		area, _ := AreaOf(usage.Scope)
		if byArea[area] == nil {
			byArea[area] = &Standing{Area: area, Pace: 100, Waiting: map[ratelimit.Priority]int64{}}
		}
		byArea[area].add(usage)
	}
	var all []Standing
	for _, area := range Areas {
		if s := byArea[area]; s != nil {
			slices.Sort(s.For)
			s.For = slices.Compact(s.For)
			slices.SortStableFunc(s.Limits, func(a, b LimitStanding) int { return cmp.Compare(a.Per, b.Per) })
			all = append(all, *s)
		}
	}
	return all
}

func (s *Standing) add(u ratelimit.Usage) {
	s.Scopes++
	s.Slots, s.Held = s.Slots+u.Slots, s.Held+u.Held
	s.Pace, s.Cooling, s.Ready = min(s.Pace, u.Pace), max(s.Cooling, u.Cooling), max(s.Ready, u.Ready)
	for priority, calls := range maps.All(u.Waiting) {
		s.Waiting[priority] += calls
	}
	limits := map[string]ratelimit.Limit{ratelimit.SlotsTaken: {Units: u.Slots}}
	for _, budget := range u.Budgets {
		limits[budget.Name] = budget.Limit
		s.limit(u.Scope, budget)
	}
	for _, blocked := range u.WaitsFor {
		s.For = append(s.For, Text(u.Scope, blocked, limits[blocked]))
	}
}

func (s *Standing) limit(scope string, b ratelimit.BudgetUsage) {
	at := slices.IndexFunc(s.Limits, func(l LimitStanding) bool { return l.Budget == b.Name })
	if at < 0 {
		at = len(s.Limits)
		s.Limits = append(s.Limits, LimitStanding{Budget: b.Name, Text: Text(scope, b.Name, b.Limit), Per: b.Limit.Per, Least: b.Left})
	}
	l := &s.Limits[at]
	l.Limit, l.Used, l.Left, l.Least = l.Limit+b.Limit.Ceiling(), l.Used+b.Used, l.Left+b.Left, min(l.Least, b.Left)
}
