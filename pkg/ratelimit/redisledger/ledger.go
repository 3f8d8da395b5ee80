package redisledger

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Ledger is a [ratelimit.Ledger] in Redis.
type Ledger struct{ client redis.UniversalClient }

var _ ratelimit.Shared = (*Ledger)(nil)

// New returns the ledger that client's Redis holds. The client stays the caller's to close.
func New(client redis.UniversalClient) *Ledger { return &Ledger{client} }

// Acquire implements [ratelimit.Ledger].
func (l *Ledger) Acquire(ctx context.Context, ask ratelimit.Ask) (ratelimit.Grant, error) {
	keep, queue := max(time.Hour, ask.Slots.For), ask.Waiting()
	args := make([]any, header, header+6*len(ask.Charges))
	for _, c := range ask.Charges {
		keep = max(keep, 2*c.Limit.Per)
		args = append(args, c.Budget, c.Limit.Units, c.Limit.Per.Microseconds(), c.Limit.Burst, c.Units, max(c.Lease, c.Units))
	}
	copy(args, []any{
		ask.Scope, ask.Holder, int(ask.Priority),
		ask.Slots.Max, ask.Slots.Need, ask.Slots.Want, ask.Slots.For.Microseconds(), keep.Milliseconds(),
		queue[ratelimit.Scheduled], queue[ratelimit.Interactive], queue[ratelimit.Restore], ask.Life,
	})
	reply, err := acquire.Run(ctx, l.client, keys(ask.Connection, ask.Scope), args...).StringSlice()
	if err != nil {
		return ratelimit.Grant{}, away("acquire budget", err)
	}
	return parseGrant(reply, ask)
}

// Return implements [ratelimit.Ledger].
func (l *Ledger) Return(ctx context.Context, back ratelimit.Return) error {
	args := []any{back.Holder, 0}
	if back.Slots {
		args[1] = 1
	}
	for i, c := range back.Charges {
		args = append(args, c.Budget, c.Limit.Units, c.Limit.Per.Microseconds(), c.Limit.Burst, c.Units, back.At[i])
	}
	return away("return budget", giveBack.Run(ctx, l.client, []string{scopeKey(back.Connection, back.Scope), lifeKey(back.Connection)}, args...).Err())
}

// CoolDown implements [ratelimit.Ledger].
func (l *Ledger) CoolDown(ctx context.Context, connection m365.ConnectionID, scope string, wait time.Duration) error {
	keep := max(time.Hour, 2*wait)
	return away("cool down", coolDown.Run(ctx, l.client, keys(connection, scope),
		scope, wait.Microseconds(), keep.Milliseconds()).Err())
}

// Report implements [ratelimit.Ledger].
func (l *Ledger) Report(ctx context.Context, connection m365.ConnectionID) ([]ratelimit.Usage, error) {
	reply, err := report.Run(ctx, l.client, keys(connection, "")[1:], prefix(connection)+"s:").Slice()
	if err != nil {
		return nil, away("report budgets", err)
	}
	return parseReport(reply)
}

func prefix(connection m365.ConnectionID) string { return "tk:rl:{" + string(connection) + "}:" }

func keys(connection m365.ConnectionID, scope string) []string {
	return []string{scopeKey(connection, scope), prefix(connection) + "scopes", lifeKey(connection)}
}

func scopeKey(connection m365.ConnectionID, scope string) string {
	return prefix(connection) + "s:" + scope
}

func lifeKey(connection m365.ConnectionID) string { return prefix(connection) + "life" }

// header is how many arguments of acquire.lua come before the charges.
const header = 12

func away(op string, err error) error {
	return fault.As(fault.Transient, op, err, fault.Reason("LEDGER_AWAY"), fault.Next("check that Redis is up and reachable"))
}
