package ratelimit

// acquire decides: every charge and the slots, or nothing, and then the asker is noted as one who waits.
func (s *State) acquire(ask Ask, now int64) Grant {
	if s.CoolUntil > now && len(ask.Charges) > 0 { // to renew slots is no call
		return s.refuse(ask, now, s.CoolUntil-now, CoolDown, 0)
	}
	for _, charge := range ask.Charges {
		s.Limits[charge.Budget] = charge.Limit
		if s.behind(ask, charge.Budget, now) {
			return s.refuse(ask, now, SlotRetry.Microseconds(), charge.Budget, charge.Units)
		}
	}
	pace := s.paceAt(now)
	slots := int64(0)
	if ask.Slots.Max > 0 {
		if slots = s.share(ask, pace, now); slots == 0 {
			return s.refuse(ask, now, SlotRetry.Microseconds(), SlotsTaken, 0)
		}
	}
	grant := Grant{Slots: slots, At: now, Units: make([]int64, len(ask.Charges))}
	commit := make([]func(), 0, len(ask.Charges))
	for i, charge := range ask.Charges {
		if s.overdue(ask, now) {
			charge.Lease = 0
		}
		units, wait, keep := s.charge(charge, pace, now)
		if wait > 0 {
			return s.refuse(ask, now, wait, charge.Budget, charge.Units)
		}
		grant.Units[i] = units
		commit = append(commit, keep)
	}
	for _, keep := range commit {
		keep()
	}
	if slots > 0 {
		s.Slots = ask.Slots.Max
		s.Holders[ask.Holder] = Holder{slots, now + ask.Slots.For.Microseconds(), ask.Priority}
	}
	if len(ask.Charges) > 0 {
		s.Askers[ask.Holder] = Asker{Priority: ask.Priority, Until: now + AskerFor.Microseconds()}
	}
	return grant
}

func (s *State) charge(c Charge, pace, now int64) (units, wait int64, keep func()) {
	limit := c.Limit.scaled(pace, c.Units)
	want := max(c.Lease, c.Units)
	if limit.Burst > 0 {
		units, next, wait := gcra(s.Arrivals[c.Budget]).take(limit, now, c.Units, want)
		return units, wait, func() { s.Arrivals[c.Budget] = int64(next) }
	}
	units, next, wait := s.Windows[c.Budget].take(limit, now, c.Units, want)
	return units, wait, func() { s.Windows[c.Budget] = next }
}

func (s *State) giveBack(back Return) {
	for i, charge := range back.Charges {
		if charge.Limit.Burst > 0 {
			s.Arrivals[charge.Budget] = int64(gcra(s.Arrivals[charge.Budget]).give(charge.Limit, charge.Units))
		} else {
			s.Windows[charge.Budget] = s.Windows[charge.Budget].give(charge.Limit, back.At[i], charge.Units)
		}
	}
	if back.Slots {
		delete(s.Holders, back.Holder)
	}
}

func (s *State) coolDown(wait, now int64) {
	if s.CoolUntil <= now {
		s.Pace = max(s.paceAt(now)/2, MinPace)
	}
	s.CoolUntil = max(s.CoolUntil, now+wait)
	s.PacedAt = s.CoolUntil
}
