package ledgertest

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func cooling(b *bench) {
	limit := ratelimit.Limit{Units: 100, Per: time.Hour}
	cool := func(wait time.Duration) {
		if err := b.ledger.CoolDown(context.Background(), b.connection, "mail/u1", wait); err != nil {
			b.Fatal(err)
		}
	}
	cool(300 * time.Millisecond)
	cool(100 * time.Millisecond) // another worker's 429 of the same storm
	grant := b.ask(charge("u", limit, 1, 0))
	if grant.Blocked != "cool-down" || grant.Wait <= 200*time.Millisecond || grant.Wait > 300*time.Millisecond {
		b.Fatalf("%+v", grant)
	}
	if u := b.usage(); u.Pace != 50 || u.Cooling <= 0 {
		b.Errorf("usage %+v", u)
	}
	b.until(2*time.Second, func() bool {
		grant = b.ask(charge("u", limit, 1, 100))
		return grant.Wait == 0
	})
	if grant.Units[0] != 50 {
		b.Errorf("at half pace: %+v", grant)
	}
	if got := b.slots("h1", ratelimit.Scheduled, 1, 4, time.Minute); got != 2 {
		b.Errorf("%d slots at half pace", got)
	}
}

func slotsShared(b *bench) {
	if got := b.slots("h1", ratelimit.Scheduled, 1, 4, time.Minute); got != 4 {
		b.Fatalf("alone: %d", got)
	}
	if got := b.slots("h2", ratelimit.Scheduled, 1, 4, time.Minute); got != 0 {
		b.Fatalf("none is free: %d", got)
	}
	if got := b.slots("h1", ratelimit.Scheduled, 1, 4, time.Minute); got != 2 {
		b.Errorf("renewed while another waits: %d", got)
	}
	if got := b.slots("h2", ratelimit.Scheduled, 1, 4, time.Minute); got != 2 {
		b.Errorf("the other: %d", got)
	}
	if u := b.usage(); u.Held != 4 || u.Slots != 4 {
		b.Errorf("usage %+v", u)
	}
	back := ratelimit.Return{Connection: b.connection, Scope: "mail/u1", Holder: "h1", Slots: true}
	if err := b.ledger.Return(context.Background(), back); err != nil {
		b.Fatal(err)
	}
	if got := b.slots("h2", ratelimit.Scheduled, 1, 4, time.Minute); got != 4 {
		b.Errorf("after the first gave up: %d", got)
	}
}

func slotsExpire(b *bench) {
	if got := b.slots("dead", ratelimit.Scheduled, 1, 4, 100*time.Millisecond); got != 4 {
		b.Fatalf("%d", got)
	}
	b.until(2*time.Second, func() bool { return b.slots("h2", ratelimit.Scheduled, 4, 4, time.Minute) == 4 })
}

func slotsByPriority(b *bench) {
	b.slots("backup", ratelimit.Scheduled, 1, 4, time.Minute)
	if got := b.slots("restore", ratelimit.Restore, 1, 4, time.Minute); got != 0 {
		b.Fatalf("none is free: %d", got)
	}
	if got := b.slots("backup", ratelimit.Scheduled, 1, 4, time.Minute); got != 1 {
		b.Errorf("backup renews: %d", got)
	}
	if got := b.slots("restore", ratelimit.Restore, 1, 4, time.Minute); got != 3 {
		b.Errorf("restore: %d", got)
	}
}

func slotsInFlight(b *bench) {
	b.slots("h1", ratelimit.Scheduled, 1, 4, time.Minute)
	b.slots("h2", ratelimit.Restore, 1, 4, time.Minute)
	if got := b.slots("h1", ratelimit.Scheduled, 3, 4, time.Minute); got != 3 {
		b.Errorf("three are in flight: %d", got)
	}
	if got := b.slots("h2", ratelimit.Restore, 1, 4, time.Minute); got != 1 {
		b.Errorf("the one that is free: %d", got)
	}
}
