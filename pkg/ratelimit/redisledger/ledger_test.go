package redisledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/ledgertest"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
)

func TestRedisLedger(t *testing.T) {
	ledgertest.Run(t, redisledger.New(redistest.Start(t).Client()))
}

func TestLedgerSaysThatRedisIsAway(t *testing.T) {
	server := redistest.Start(t)
	ledger := redisledger.New(server.Client())
	server.Stop()
	_, err := ledger.Acquire(context.Background(), ratelimit.Ask{Connection: "c", Scope: "s", Holder: "h"})
	if fault.KindOf(err) != fault.Transient || fault.ReasonOf(err) != "LEDGER_AWAY" {
		t.Errorf("%v", err)
	}
}

func BenchmarkAcquire(b *testing.B) {
	ledger := redisledger.New(redistest.Start(b).Client())
	ask := ratelimit.Ask{
		Connection: "c", Scope: "mail/u", Holder: "h",
		Charges: []ratelimit.Charge{
			{Budget: "requests", Limit: ratelimit.Limit{Units: 1 << 40, Per: time.Second}, Units: 1, Lease: 20},
			{Budget: "upload", Limit: ratelimit.Limit{Units: 1 << 40, Per: time.Second}, Units: 1},
		},
		Slots: ratelimit.Slots{Max: 4, Need: 1, Want: 4, For: time.Minute},
	}
	for b.Loop() {
		if _, err := ledger.Acquire(context.Background(), ask); err != nil {
			b.Fatal(err)
		}
	}
}
