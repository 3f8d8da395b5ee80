package redisledger_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
)

func TestHalfTheBudgetWhileRedisIsAway(t *testing.T) {
	server := redistest.Start(t)
	ledger := ratelimit.NewFallback(redisledger.New(server.Client()), slog.New(slog.DiscardHandler))
	ask := ratelimit.Ask{
		Connection: "c", Scope: "s", Holder: "h",
		Charges: []ratelimit.Charge{{Budget: "b", Limit: ratelimit.Limit{Units: 10, Per: time.Hour}, Units: 1, Lease: 1}},
		Slots:   ratelimit.Slots{Max: 4, Need: 1, Want: 4, For: time.Minute},
	}
	grant := acquire(t, ledger, ask)
	if grant.Units[0] != 1 || grant.Slots != 4 || ledger.Degraded() {
		t.Fatalf("%+v", grant)
	}

	server.Stop()
	granted := int64(0)
	for range 10 {
		if grant = acquire(t, ledger, ask); grant.Wait > 0 {
			break
		}
		granted += grant.Units[0]
	}
	if granted != 3 || !ledger.Degraded() { // half of the nine that are left, less what another might have leased since
		t.Errorf("%d granted locally, degraded %t", granted, ledger.Degraded())
	}
	if grant := acquire(t, ledger, ratelimit.Ask{Connection: "c", Scope: "s", Holder: "h", Slots: ask.Slots}); grant.Slots != 2 {
		t.Errorf("slots: %+v", grant)
	}

	server.Start()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(5 * time.Second); ledger.Degraded(); {
		select {
		case <-tick.C:
			acquire(t, ledger, ask)
		case <-deadline:
			t.Fatal("Redis is back, and nobody noticed")
		}
	}
	usage, err := ledger.Report(t.Context(), "c")
	if err != nil || len(usage) != 1 || usage[0].Budgets[0].Used < 4 || usage[0].Held == 0 {
		t.Errorf("what Redis lost, and what was spent without it: %+v, %v", usage, err)
	}
}

func acquire(t *testing.T, ledger ratelimit.Ledger, ask ratelimit.Ask) ratelimit.Grant {
	t.Helper()
	grant, err := ledger.Acquire(context.Background(), ask)
	if err != nil {
		t.Fatal(err)
	}
	return grant
}
