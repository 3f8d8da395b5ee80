package ratelimit

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Priority says whose work goes first where a scope is short. What refills goes to the highest priority that waits,
// and among equals to who waits longest; one that has waited for [Overdue] gets what one call needs. Of slots, a holder
// of higher priority gets all but one; equals share them.
type Priority int

// The priorities, lowest first.
const (
	Scheduled Priority = iota
	Interactive
	Restore
)

// Charge is what a decision takes from one budget of its scope.
type Charge struct {
	Budget string // name inside the scope: requests, units, upload
	Limit  Limit
	Units  int64 // how many the call needs
	Lease  int64 // up to how many to take at once and keep for the calls that follow
}

// Slots is a claim to calls in flight.
type Slots struct {
	Max  int64         // how many the scope allows in all
	Need int64         // how many the holder must have, those in use included
	Want int64         // how many it can use
	For  time.Duration // for how long, unless renewed by asking again
}

// Ask is one decision.
type Ask struct {
	Connection m365.ConnectionID
	Scope      string
	Holder     string // the process: asking again renews or changes its slots
	Priority   Priority
	Charges    []Charge
	Slots      Slots  // Max 0: the call needs none
	Queue      Queue  // calls of the process that wait for the scope, this one included; empty: only this one
	Life       string // the ledger's life that the asker knows from an earlier Grant; empty: none
}

// Grant is the answer to an Ask. If Wait is not zero nothing was taken, and Blocked says by what.
type Grant struct {
	Units   []int64 // per charge, between Units and Lease
	Slots   int64   // how many the holder has now
	At      int64   // the ledger's time, microseconds: needed to return units
	Wait    time.Duration
	Blocked string // [CoolDown], [SlotsTaken], [Recovering] or the name of a budget

	Life  string // of the ledger; another one than before means that it has forgotten everything. Empty: it does not tell
	State *State // of the scope after the grant, with the budgets that were asked for; nil: it does not tell
}

// What blocks a call besides a budget.
const (
	CoolDown   = "cool-down"  // Graph asked for a pause
	SlotsTaken = "slots"      // others have all calls in flight
	Recovering = "recovering" // the ledger has lost its memory, and those who ask are telling it what they spent
)

// Return gives back what a Grant gave and nobody used.
type Return struct {
	Connection m365.ConnectionID
	Scope      string
	Holder     string
	Charges    []Charge // Units to give back of each budget
	At         []int64  // per charge, when it was granted
	Slots      bool     // whether to give up all slots of the holder
}

// Usage is what is spent, left and cooling in one scope.
type Usage struct {
	Scope   string
	Cooling time.Duration // 0: not cooling down
	Pace    int64         // percent of the limits in use
	Budgets []BudgetUsage // by name
	Slots   int64         // in all; 0: none
	Held    int64

	Waiting  map[Priority]int64 // calls that wait; those without any are not there
	WaitsFor []string           // what they are blocked by
	Ready    time.Duration      // when the last of them can be sent, if nobody else comes; 0: none waits
}

// BudgetUsage is the state of one budget.
type BudgetUsage struct {
	Name       string
	Limit      Limit
	Used, Left int64
}

// Ledger is where all processes of a connection write what they spend.
//
// Acquire decides at once and never waits: every charge and the slots, or nothing. Units that are
// granted above what is needed belong to the caller until it returns them. Slots expire unless
// they are renewed, so that those of a dead process come back. An asker that is refused is
// remembered for a few seconds, so that holders who renew make room, and it goes before those who come later.
//
// CoolDown never shortens a cool-down. All methods may be called concurrently; errors are
// Transient, and after one it is unknown whether the ledger changed (at worst, units are lost
// until their window has passed).
type Ledger interface {
	Acquire(ctx context.Context, ask Ask) (Grant, error)
	Return(ctx context.Context, back Return) error
	CoolDown(ctx context.Context, connection m365.ConnectionID, scope string, wait time.Duration) error
	Report(ctx context.Context, connection m365.ConnectionID) ([]Usage, error)
}

// What a ledger does beyond arithmetic; the Redis script has the same numbers.
const (
	MinPace      = 5                      // percent: the pace never falls below
	PaceStep     = 5                      // points that come back every PaceInterval
	PaceInterval = 30 * time.Second       // without a cool-down
	WaiterFor    = 3 * time.Second        // how long a refused asker is remembered: twice as long as it takes to ask again
	SlotRetry    = 200 * time.Millisecond // when to ask again for slots, or whether those in front have gone
	Overdue      = 30 * time.Second       // who has waited for that long gets what one call needs, whoever else waits
	LeaseFor     = time.Second            // units that were leased are spent by then, or given back
	RecoverFor   = 2 * time.Second        // how long a ledger without a memory grants nothing, so that all can tell theirs
	AskerFor     = time.Minute            // how long somebody who was granted something is known
)
