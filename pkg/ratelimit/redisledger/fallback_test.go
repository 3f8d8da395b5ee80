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
		Charges: []ratelimit.Charge{{Budget: "b", Limit: ratelimit.Limit{Units: 10, Per: time.Hour}, Units: 1, Lease: 20}},
		Slots:   ratelimit.Slots{Max: 4, Need: 1, Want: 4, For: time.Minute},
	}
	grant := acquire(t, ledger, ask)
	if grant.Units[0] != 10 || grant.Slots != 4 || ledger.Degraded() {
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
	if granted != 5 || !ledger.Degraded() {
		t.Errorf("%d granted locally, degraded %t", granted, ledger.Degraded())
	}
	if grant := acquire(t, ledger, ratelimit.Ask{Connection: "c", Scope: "s", Holder: "h", Slots: ask.Slots}); grant.Slots != 2 {
		t.Errorf("slots: %+v", grant)
	}

	server.Start()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(20 * time.Second); ledger.Degraded(); {
		select {
		case <-tick.C:
			acquire(t, ledger, ask)
		case <-deadline:
			t.Fatal("Redis is back, and nobody noticed")
		}
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
