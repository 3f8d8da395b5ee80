package ledgertest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Run checks the ledger that open returns. One ledger serves all tests: each has its own connection.
func Run(t *testing.T, ledger ratelimit.Ledger) {
	for name, test := range map[string]func(*bench){
		"a bucket refills evenly and saves up to its burst":      bucketRefills,
		"a window never allows more than its units":              windowHolds,
		"a lease is granted in part":                             leaseInPart,
		"a decision takes all budgets or none":                   allOrNothing,
		"what is returned can be taken again":                    returned,
		"a cool-down stops everybody and halves the pace once":   cooling,
		"slots are shared, renewed and given up":                 slotsShared,
		"slots of the dead come back":                            slotsExpire,
		"a holder of higher priority gets all slots but one":     slotsByPriority,
		"what is in flight stays when others come":               slotsInFlight,
		"many askers at once are not granted more than there is": concurrent,
		"what refills goes to the highest priority":              unitsByPriority,
		"equals go in the order in which they came":              equalsInTheirOrder,
		"who waits for one budget does not hold up others":       othersBudgetsAreFree,
		"who has gone is not waited for":                         theGoneAreNotWaitedFor,
		"the report says who waits, and until when":              reportsWhoWaits,
		"connections do not see each other":                      apart,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&bench{T: t, ledger: ledger, connection: m365.ConnectionID("c" + fmt.Sprint(time.Now().UnixNano()))})
		})
	}
}

// bench is one test's view of the ledger.
type bench struct {
	*testing.T
	ledger     ratelimit.Ledger
	connection m365.ConnectionID
}

func (b *bench) ask(charges ...ratelimit.Charge) ratelimit.Grant {
	b.Helper()
	return b.decide(ratelimit.Ask{Holder: "h1", Charges: charges})
}

func (b *bench) slots(holder string, priority ratelimit.Priority, need, want int64, ttl time.Duration) int64 {
	b.Helper()
	return b.decide(ratelimit.Ask{Holder: holder, Priority: priority,
		Slots: ratelimit.Slots{Max: 4, Need: need, Want: want, For: ttl}}).Slots
}

func (b *bench) decide(ask ratelimit.Ask) ratelimit.Grant {
	b.Helper()
	ask.Connection, ask.Scope = b.connection, "mail/u1"
	grant, err := b.ledger.Acquire(context.Background(), ask)
	if err != nil {
		b.Fatal(err)
	}
	return grant
}

func (b *bench) usage() ratelimit.Usage {
	b.Helper()
	report, err := b.ledger.Report(context.Background(), b.connection)
	if err != nil {
		b.Fatal(err)
	}
	if len(report) != 1 {
		b.Fatalf("report has %d scopes: %+v", len(report), report)
	}
	return report[0]
}

// until polls every few milliseconds, since the ledger's clock is its own.
func (b *bench) until(limit time.Duration, done func() bool) time.Duration {
	b.Helper()
	start := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(limit); !done(); {
		select {
		case <-tick.C:
		case <-deadline:
			b.Fatalf("not within %s", limit)
		}
	}
	return time.Since(start)
}

func charge(budget string, limit ratelimit.Limit, units, lease int64) ratelimit.Charge {
	return ratelimit.Charge{Budget: budget, Limit: limit, Units: units, Lease: lease}
}

func bucketRefills(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: 10 * time.Second, Burst: 5} // one per 100 ms
	if got := b.ask(charge("u", limit, 5, 0)).Units[0]; got != 5 {
		b.Fatalf("the burst gave %d", got)
	}
	refused := b.ask(charge("u", limit, 2, 0))
	if refused.Wait <= 100*time.Millisecond || refused.Wait > 200*time.Millisecond || refused.Blocked != "u" {
		b.Fatalf("two more: %+v", refused)
	}
	waited := b.until(2*time.Second, func() bool { return b.ask(charge("u", limit, 2, 0)).Wait == 0 })
	if waited < refused.Wait-20*time.Millisecond {
		b.Errorf("granted after %s, told to wait %s", waited, refused.Wait)
	}
}

func windowHolds(b *bench) {
	limit := ratelimit.Limit{Units: 10, Per: 400 * time.Millisecond}
	var granted []time.Time
	b.until(5*time.Second, func() bool {
		asked := time.Now()
		if grant := b.ask(charge("u", limit, 1, 0)); grant.Wait == 0 {
			granted = append(granted, asked)
		}
		return len(granted) == 35
	})
	answered := time.Now()
	for i := 10; i < len(granted); i++ {
		// asked before it was granted: the distance is at least this, less the time of one question
		if gap := granted[i].Sub(granted[i-10]); gap < limit.Per-60*time.Millisecond {
			b.Errorf("11 in %s", gap)
		}
	}
	if took := answered.Sub(granted[0]); took > 4*limit.Per {
		b.Errorf("35 of 10 per %s took %s", limit.Per, took)
	}
}

func leaseInPart(b *bench) {
	limit := ratelimit.Limit{Units: 10, Per: time.Hour}
	if got := b.ask(charge("u", limit, 1, 7)).Units[0]; got != 7 {
		b.Errorf("lease of 7: %d", got)
	}
	if got := b.ask(charge("u", limit, 1, 7)).Units[0]; got != 3 {
		b.Errorf("what is left: %d", got)
	}
	if grant := b.ask(charge("u", limit, 1, 7)); grant.Wait == 0 {
		b.Errorf("beyond the limit: %+v", grant)
	}
	if u := b.usage().Budgets; len(u) != 1 || u[0].Used != 10 || u[0].Left != 0 || u[0].Limit != limit {
		b.Errorf("usage %+v", u)
	}
}

func allOrNothing(b *bench) {
	wide, narrow := ratelimit.Limit{Units: 100, Per: time.Hour}, ratelimit.Limit{Units: 3, Per: time.Hour, Burst: 3}
	if grant := b.ask(charge("wide", wide, 1, 0), charge("narrow", narrow, 3, 0)); grant.Wait != 0 {
		b.Fatalf("%+v", grant)
	}
	if grant := b.ask(charge("wide", wide, 1, 0), charge("narrow", narrow, 1, 0)); grant.Blocked != "narrow" || grant.Units != nil {
		b.Fatalf("%+v", grant)
	}
	for _, budget := range b.usage().Budgets {
		if want := map[string]int64{"wide": 1, "narrow": 3}[budget.Name]; budget.Used != want {
			b.Errorf("%s: %d used, want %d", budget.Name, budget.Used, want)
		}
	}
}

func returned(b *bench) {
	for _, limit := range []ratelimit.Limit{{Units: 5, Per: time.Hour}, {Units: 5, Per: time.Hour, Burst: 5}} {
		budget := fmt.Sprint(limit.Burst)
		grant := b.ask(charge(budget, limit, 5, 0))
		back := ratelimit.Return{Connection: b.connection, Scope: "mail/u1", Holder: "h1",
			Charges: []ratelimit.Charge{charge(budget, limit, 2, 0)}, At: []int64{grant.At}}
		if err := b.ledger.Return(context.Background(), back); err != nil {
			b.Fatal(err)
		}
		if got := b.ask(charge(budget, limit, 1, 5)); got.Wait != 0 || got.Units[0] != 2 {
			b.Errorf("burst %s: %+v", budget, got)
		}
	}
}

func concurrent(b *bench) {
	limit := ratelimit.Limit{Units: 50, Per: time.Hour}
	var group sync.WaitGroup
	total := make(chan int64, 20)
	for range 20 {
		group.Go(func() {
			for {
				grant, err := b.ledger.Acquire(context.Background(), ratelimit.Ask{Connection: b.connection, Scope: "mail/u1",
					Holder: "h1", Charges: []ratelimit.Charge{charge("u", limit, 1, 3)}})
				if err != nil || grant.Wait > 0 {
					return
				}
				total <- grant.Units[0]
			}
		})
	}
	go func() { group.Wait(); close(total) }()
	sum := int64(0)
	for n := range total {
		sum += n
	}
	if sum != 50 {
		b.Errorf("%d granted of 50", sum)
	}
}

func apart(b *bench) {
	limit := ratelimit.Limit{Units: 1, Per: time.Hour}
	b.ask(charge("u", limit, 1, 0))
	other := &bench{T: b.T, ledger: b.ledger, connection: b.connection + "x"}
	if grant := other.ask(charge("u", limit, 1, 0)); grant.Wait != 0 {
		b.Errorf("%+v", grant)
	}
}
