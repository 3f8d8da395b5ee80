package ratelimit

import (
	"slices"
	"time"
)

// Asker is a process that asked lately, and, if Blocked says by what, waits.
type Asker struct {
	Priority Priority
	Until    int64 // when it is forgotten, unless it asks again
	Since    int64 // since when it waits
	Blocked  string
	Need     int64 // units of the blocked budget that its call lacks
	Queue    Queue
}

// Queue counts calls that wait, by priority.
type Queue [Restore + 1]int64

// behind tells whether somebody else goes first at a budget: whoever waits for it with a higher priority, or with
// the same for longer. Who has waited for long counts as the highest, once, so that nobody waits for ever.
func (s *State) behind(ask Ask, budget string, now int64) bool {
	since := now
	if own, known := s.Askers[ask.Holder]; known && own.waits(now) {
		since = own.Since
	}
	rank := rank(ask.Priority, since, now)
	for name, other := range s.Askers {
		if name == ask.Holder || !other.waits(now) || other.Blocked != budget && other.Blocked != CoolDown {
			continue
		}
		if theirs := other.rank(now); theirs > rank || theirs == rank && other.Since < since {
			return true
		}
	}
	return false
}

// overdue tells whether the asker goes first only since it has waited for long: then it gets no more than it needs.
func (s *State) overdue(ask Ask, now int64) bool {
	own, known := s.Askers[ask.Holder]
	return known && own.waits(now) && rank(ask.Priority, own.Since, now) > ask.Priority
}

func (a Asker) waits(now int64) bool { return a.Blocked != "" && a.Until > now }

func (a Asker) rank(now int64) Priority { return rank(a.Priority, a.Since, now) }

func rank(p Priority, since, now int64) Priority {
	if now-since >= Overdue.Microseconds() {
		return Restore
	}
	return p
}

// refuse notes that the asker waits, and by what it is blocked.
func (s *State) refuse(ask Ask, now, wait int64, blocked string, need int64) Grant {
	for name, other := range s.Askers {
		if other.Until <= now {
			delete(s.Askers, name)
		}
	}
	if len(ask.Charges) > 0 {
		since := now
		if own := s.Askers[ask.Holder]; own.waits(now) && blocked != CoolDown { // a pause makes nobody overdue
			since = own.Since
		}
		s.Askers[ask.Holder] = Asker{ask.Priority, now + WaiterFor.Microseconds(), since, blocked, need, ask.Waiting()}
	}
	return Grant{Wait: micros(wait), Blocked: blocked}
}

// Waiting is what waits behind an ask: at least the call that asks.
func (a Ask) Waiting() Queue {
	queue := a.Queue
	if queue == (Queue{}) {
		queue[a.Priority] = 1
	}
	return queue
}

func (q Queue) total() (n int64) {
	for _, waiting := range q {
		n += waiting
	}
	return n
}

// waiting adds who waits, and when the last of them can go.
func (s *State) waiting(u *Usage, now int64) {
	need := map[string]int64{}
	for _, a := range s.Askers {
		if !a.waits(now) {
			continue
		}
		for priority, n := range a.Queue {
			if n > 0 {
				u.Waiting[Priority(priority)] += n
			}
		}
		if a.Blocked != CoolDown && a.Blocked != SlotsTaken {
			need[a.Blocked] += a.Need * a.Queue.total()
		}
		u.WaitsFor = append(u.WaitsFor, a.Blocked)
		u.Ready = max(u.Ready, u.Cooling, micros(1))
	}
	slices.Sort(u.WaitsFor)
	u.WaitsFor = slices.Compact(u.WaitsFor)
	for budget, units := range need {
		u.Ready = max(u.Ready, s.refilled(budget, units, now))
	}
}

// refilled is how long until so many units more have come in: a whole period for every full limit of them.
func (s *State) refilled(budget string, units, now int64) time.Duration {
	full := s.Limits[budget]
	limit := full.scaled(s.paceAt(now), 1)
	if limit.Units == 0 {
		return 0
	}
	if limit.Burst > 0 {
		lacks := max(s.spent(budget, now)+units-limit.Burst, 0)
		return micros(limit.span(lacks))
	}
	periods := (units - 1) / limit.Units
	_, _, wait := s.Windows[budget].take(limit, now, units-periods*limit.Units, 0)
	return time.Duration(periods)*limit.Per + micros(wait)
}
