package ratelimit

import "maps"

// share is how many slots the asker gets; 0 means that it has to wait, which is noted.
func (s *State) share(ask Ask, pace, now int64) int64 {
	maps.DeleteFunc(s.Holders, func(_ string, h Holder) bool { return h.Until <= now })
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
	own := s.Holders[ask.Holder].Slots
	if need := ask.Slots.Need; got < need && need <= max(own, total-others) {
		got = need // what is in flight already stays
	}
	if got < 1 || got < ask.Slots.Need {
		s.Holders[ask.Holder] = Holder{own, now + WaiterFor.Microseconds(), ask.Priority}
		return 0
	}
	return got
}

func (s *State) rivals(ask Ask) (slots int64, higher bool, equal int64, lower bool) {
	for name, h := range s.Holders {
		if name == ask.Holder {
			continue
		}
		slots += h.Slots
		higher = higher || h.Priority > ask.Priority
		lower = lower || h.Priority < ask.Priority
		if h.Priority == ask.Priority {
			equal++
		}
	}
	return slots, higher, equal, lower
}
