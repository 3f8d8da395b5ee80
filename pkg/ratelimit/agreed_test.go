package ratelimit_test

import (
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/ledgertest"
)

func TestAgreedLedgerOfWholeLimits(t *testing.T) {
	ledgertest.Run(t, ratelimit.NewAgreed(ratelimit.NewMemory(), 100))
}

func TestAgreedLimits(t *testing.T) {
	for _, test := range []struct {
		percent int
		limit   ratelimit.Limit
		calls   int // that are let through at once
	}{
		{100, ratelimit.Limit{Units: 10, Per: time.Minute}, 10},
		{300, ratelimit.Limit{Units: 10, Per: time.Minute}, 30},
		{20, ratelimit.Limit{Units: 10, Per: time.Minute}, 2},
		{1, ratelimit.Limit{Units: 10, Per: time.Minute}, 1},
		{300, ratelimit.Limit{Units: 10, Per: time.Minute, Burst: 5}, 15},
	} {
		ledger := ratelimit.NewAgreed(ratelimit.NewMemory(), test.percent)
		calls := 0
		for {
			grant, err := ledger.Acquire(t.Context(), ratelimit.Ask{Connection: "c", Scope: "s", Holder: "h",
				Charges: []ratelimit.Charge{{Budget: "b", Limit: test.limit, Units: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			if grant.Wait > 0 {
				break
			}
			calls++
		}
		if calls != test.calls {
			t.Errorf("%d %% of %+v: %d calls, not %d", test.percent, test.limit, calls, test.calls)
		}
	}
}
