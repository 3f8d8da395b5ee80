package ratelimit

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Agreed is a ledger whose limits are a percentage of those that it is asked for: more than the published ones
// where Microsoft has agreed to that for a tenant, less where others live on the same budgets. Calls in flight
// stay what they are. All processes of a connection need the same percentage.
type Agreed struct {
	Ledger
	percent int64
}

// NewAgreed wraps a ledger. 100 percent changes nothing.
func NewAgreed(ledger Ledger, percent int) Agreed { return Agreed{ledger, int64(percent)} }

// Acquire implements [Ledger].
func (a Agreed) Acquire(ctx context.Context, ask Ask) (Grant, error) {
	ask.Charges = a.scaled(ask.Charges)
	return a.Ledger.Acquire(ctx, ask)
}

// Return implements [Ledger].
func (a Agreed) Return(ctx context.Context, back Return) error {
	back.Charges = a.scaled(back.Charges)
	return a.Ledger.Return(ctx, back)
}

func (a Agreed) scaled(charges []Charge) []Charge {
	all := make([]Charge, len(charges))
	for i, charge := range charges {
		charge.Limit = charge.Limit.scaled(a.percent, charge.Units)
		all[i] = charge
	}
	return all
}

// Keep passes on what keeps a ledger that may forget.
func (a Agreed) Keep(ctx context.Context, connection m365.ConnectionID) {
	if kept, ok := a.Ledger.(keeper); ok {
		kept.Keep(ctx, connection)
	}
}

// keeper is a ledger that wants to be called now and then.
type keeper interface {
	Keep(ctx context.Context, connection m365.ConnectionID)
}
