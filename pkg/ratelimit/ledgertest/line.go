package ledgertest

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func (b *bench) want(holder string, priority ratelimit.Priority, units int64, limit ratelimit.Limit) ratelimit.Grant {
	b.Helper()
	return b.decide(ratelimit.Ask{Holder: holder, Priority: priority, Charges: []ratelimit.Charge{charge("u", limit, units, 0)}})
}

// firstOf asks for one unit in turn, for each holder, until somebody gets it.
func (b *bench) firstOf(limit ratelimit.Limit, units int64, holders ...ratelimit.Ask) (first string) {
	b.Helper()
	b.until(3*time.Second, func() bool {
		for _, h := range holders {
			if b.want(h.Holder, h.Priority, units, limit).Wait == 0 {
				first = h.Holder
				return true
			}
		}
		return false
	})
	return first
}

func unitsByPriority(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: 10 * time.Second, Burst: 10} // one per 100 ms
	b.want("other", ratelimit.Scheduled, 10, limit)
	backup := ratelimit.Ask{Holder: "backup", Priority: ratelimit.Scheduled}
	person := ratelimit.Ask{Holder: "person", Priority: ratelimit.Interactive}
	restore := ratelimit.Ask{Holder: "restore", Priority: ratelimit.Restore}
	for _, waits := range []ratelimit.Ask{backup, person, restore} { // in the order in which they came
		if b.want(waits.Holder, waits.Priority, 2, limit).Wait == 0 {
			b.Fatal("there is nothing left to grant")
		}
	}
	for _, next := range []string{"restore", "person", "backup"} {
		if first := b.firstOf(limit, 2, backup, person, restore); first != next {
			b.Errorf("%s goes before %s", first, next)
		}
		switch next { // it is done
		case "restore":
			restore = backup
		case "person":
			person = backup
		}
	}
}

func equalsInTheirOrder(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: 10 * time.Second, Burst: 10}
	b.want("other", ratelimit.Scheduled, 10, limit)
	early, late := ratelimit.Ask{Holder: "early"}, ratelimit.Ask{Holder: "late"}
	if b.want("early", ratelimit.Scheduled, 5, limit).Wait == 0 {
		b.Fatal("there is nothing left to grant")
	}
	b.until(2*time.Second, func() bool {
		if b.want(late.Holder, late.Priority, 1, limit).Wait == 0 {
			b.Fatal("a small call overtakes one that needs more and came before")
		}
		return b.want(early.Holder, early.Priority, 5, limit).Wait == 0
	})
	b.until(2*time.Second, func() bool { return b.want(late.Holder, late.Priority, 1, limit).Wait == 0 })
}

func othersBudgetsAreFree(b *bench) {
	limit := ratelimit.Limit{Units: 1, Per: time.Hour}
	b.want("other", ratelimit.Scheduled, 1, limit)
	b.want("restore", ratelimit.Restore, 1, limit)
	if grant := b.decide(ratelimit.Ask{Holder: "backup", Charges: []ratelimit.Charge{charge("v", limit, 1, 0)}}); grant.Wait != 0 {
		b.Errorf("who waits for one budget holds up another: %+v", grant)
	}
}

func theGoneAreNotWaitedFor(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: 10 * time.Second, Burst: 10}
	b.want("other", ratelimit.Scheduled, 10, limit)
	b.want("killed", ratelimit.Restore, 1, limit)
	waited := b.until(5*time.Second, func() bool { return b.want("backup", ratelimit.Scheduled, 1, limit).Wait == 0 })
	if waited < ratelimit.WaiterFor-500*time.Millisecond {
		b.Errorf("after %s", waited)
	}
}

func reportsWhoWaits(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: time.Minute, Burst: 100}
	b.want("other", ratelimit.Scheduled, 100, limit)
	ask := ratelimit.Ask{Holder: "backup", Charges: []ratelimit.Charge{charge("u", limit, 2, 0)}, Queue: ratelimit.Queue{5, 0, 0}}
	b.decide(ask)
	b.want("restore", ratelimit.Restore, 10, limit)
	u := b.usage()
	if u.Waiting[ratelimit.Scheduled] != 5 || u.Waiting[ratelimit.Restore] != 1 || len(u.WaitsFor) != 1 || u.WaitsFor[0] != "u" {
		b.Errorf("%+v", u)
	}
	if u.Ready < 11*time.Second || u.Ready > 13*time.Second { // 20 units, 100 a minute
		b.Errorf("all can go in %s", u.Ready)
	}
	if err := b.ledger.CoolDown(context.Background(), b.connection, "mail/u1", 20*time.Second); err != nil {
		b.Fatal(err)
	}
	if u = b.usage(); u.Ready < 19*time.Second {
		b.Errorf("during a pause all can go in %s", u.Ready)
	}
}
