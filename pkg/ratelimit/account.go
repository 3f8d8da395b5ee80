package ratelimit

import (
	"maps"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Account is what one process knows of a scope of a shared ledger: enough for the ledger to remember again what it
// has forgotten, and for the process to go on alone.
type Account struct {
	Connection m365.ConnectionID
	Scope      string
	At         int64            // the moment of this account, in the clock of Known
	Known      *State           // as last seen: what all processes had spent by then
	Alone      map[string]Spent // by budget: what this process spent without the ledger
}

// Spent is what was spent of a budget: in a window by its parts, of a bucket in all.
type Spent struct {
	Window Window
	Units  int64
}

// account is an Account as it goes on.
type account struct {
	Account
	seen  time.Time // when At was
	alone *State    // what is decided on while the ledger is away; nil: it is not, or nothing was asked since
	peers int64     // processes that share the limits, this one included, as far as is known
	lease map[string]int64
	owed  bool // the ledger has to hear of it
}

func newAccount(connection m365.ConnectionID, scope string, at time.Time) *account {
	return &account{seen: time.Now(), lease: map[string]int64{}, Account: Account{
		Connection: connection, Scope: scope, At: at.UnixMicro(), Known: NewState(), Alone: map[string]Spent{}}}
}

// now is the ledger's time, as it was when it last answered, plus what has passed since by a clock that nobody sets.
func (a *account) now() int64 { return a.At + time.Since(a.seen).Microseconds() }

// current is the account as of now.
func (a *account) current() Account {
	at := a.Account
	at.At = a.now()
	return at
}

// see keeps what the ledger said: the whole scope, but only the budgets that were asked for.
func (a *account) see(ask Ask, grant Grant) {
	for _, c := range ask.Charges {
		a.lease[c.Budget] = max(c.Lease, c.Units)
	}
	known := a.Known
	known.CoolUntil, known.Pace, known.PacedAt = grant.State.CoolUntil, grant.State.Pace, grant.State.PacedAt
	known.Slots, known.Holders, known.Askers = grant.State.Slots, grant.State.Holders, grant.State.Askers
	maps.Copy(known.Limits, grant.State.Limits)
	maps.Copy(known.Arrivals, grant.State.Arrivals)
	maps.Copy(known.Windows, grant.State.Windows)
	a.At, a.seen = grant.At, time.Now()
}

// ahead tells whether the ledger's clock has jumped ahead, so that it takes what was just spent for long past.
func (a *account) ahead(at int64) bool { return at-a.now() > ClockJump.Microseconds() }

// decide is for a ledger that is away: what was known goes on, and every unit counts as often as there are
// processes, at least twice, as if each of the others spent the same.
func (a *account) decide(ask Ask) Grant {
	now := a.now()
	if a.alone == nil {
		a.leave(ask.Holder, now)
	}
	counted := ask
	counted.Charges = make([]Charge, len(ask.Charges))
	for i, c := range ask.Charges {
		c.Units, c.Lease = min(c.Units*a.peers, c.Limit.Ceiling()), 0
		counted.Charges[i] = c
	}
	if slots := &counted.Slots; slots.Max > 0 {
		slots.Max = max(slots.Max/a.peers, 1)
		slots.Want, slots.Need = min(slots.Want, slots.Max), min(slots.Need, slots.Max)
	}
	grant := a.alone.acquire(counted, now)
	if grant.Wait > 0 {
		return grant
	}
	for i, c := range ask.Charges {
		grant.Units[i] = c.Units
		spent := a.Alone[c.Budget]
		if c.Limit.Burst > 0 {
			spent.Units += c.Units
		} else {
			spent.Window = spent.Window.live(c.Limit, now).add(now/c.Limit.width(), c.Units)
		}
		a.Alone[c.Budget] = spent
		a.Known.Limits[c.Budget] = c.Limit
	}
	a.owed = true
	return grant
}

// leave begins to go on alone. Who holds slots has noticed within seconds that the ledger is away, and holds fewer.
func (a *account) leave(holder string, now int64) {
	a.alone = a.Known.clone()
	names := map[string]bool{holder: true}
	for name, h := range a.alone.Holders {
		names[name] = true
		h.Until = min(h.Until, now+noticeWithin.Microseconds())
		a.alone.Holders[name] = h
	}
	for name, asker := range a.alone.Askers {
		if asker.Until > now {
			names[name] = true
		}
	}
	clear(a.alone.Askers)
	a.peers = max(int64(len(names)), 2)
	for budget, limit := range a.alone.Limits { // what the others have leased since this process last asked
		unseen := 2 * a.lease[budget] * (a.peers - 1)
		if limit.Burst > 0 {
			a.alone.Arrivals[budget] = max(a.alone.Arrivals[budget], now) + limit.span(unseen)
		} else {
			a.alone.Windows[budget] = a.alone.Windows[budget].live(limit, now).add(now/limit.width(), unseen)
		}
	}
}

// settled is for an account of which the ledger has heard so much: that is part of what is known now, in the
// ledger's time. What was spent alone meanwhile is still owed.
func (a *account) settled(told Account, now int64) {
	a.Known.shift(now - a.now())
	for budget, spent := range told.Alone {
		limit := a.Known.Limits[budget]
		rest := Spent{Units: a.Alone[budget].Units - spent.Units}
		if spent.Units > 0 {
			full := gcra(max(a.Known.Arrivals[budget], now))
			a.Known.Arrivals[budget] = int64(full) + limit.span(spent.Units)
		}
		for _, part := range a.Alone[budget].Window {
			if part.Units -= spent.Window.of(part.Index); part.Units > 0 {
				rest.Window = append(rest.Window, part)
			}
		}
		for _, part := range spent.Window {
			a.Known.Windows[budget] = a.Known.Windows[budget].add(part.Index, part.Units)
		}
		if a.Alone[budget] = rest; rest.Units == 0 && len(rest.Window) == 0 {
			delete(a.Alone, budget)
		}
	}
	a.At, a.seen, a.alone, a.owed = now, time.Now(), nil, len(a.Alone) > 0
}

func (a *account) coolDown(wait time.Duration) {
	a.Known.coolDown(wait.Microseconds(), a.now())
	if a.alone != nil {
		a.alone.coolDown(wait.Microseconds(), a.now())
	}
}

func (a *account) giveUpSlots(holder string) {
	delete(a.Known.Holders, holder)
	if a.alone != nil {
		delete(a.alone.Holders, holder)
	}
}

func (s *State) clone() *State {
	c := *s
	c.Limits, c.Arrivals, c.Windows = maps.Clone(s.Limits), maps.Clone(s.Arrivals), maps.Clone(s.Windows)
	c.Holders, c.Askers = maps.Clone(s.Holders), maps.Clone(s.Askers)
	return &c
}

// shift moves all moments. What takes no longer than an answer is no difference of clocks.
func (s *State) shift(by int64) {
	if max(by, -by) < ClockJump.Microseconds() {
		return
	}
	s.CoolUntil, s.PacedAt = s.CoolUntil+by, s.PacedAt+by
	for budget, arrival := range s.Arrivals {
		s.Arrivals[budget] = arrival + by
	}
	for budget, w := range s.Windows {
		width, moved := s.Limits[budget].width(), make(Window, len(w))
		for i, part := range w {
			moved[i] = Part{part.Index + (by+width-1)/width, part.Units} // later rather than earlier
		}
		s.Windows[budget] = moved
	}
	for name, h := range s.Holders {
		h.Until += by
		s.Holders[name] = h
	}
	clear(s.Askers)
}
