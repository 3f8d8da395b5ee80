package ratelimit

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

var mailbox = Price{
	Scope:    "mail/u1",
	Charges:  []Charge{{Budget: "requests", Limit: Limit{Units: 100, Per: 10 * time.Second}, Units: 1, Lease: 10}},
	Slots:    1,
	SlotsMax: 4,
}

// bubble runs a test on a clock of its own, with a limiter over a memory ledger.
func bubble(t *testing.T, test func(t *testing.T, ledger *Memory, l *Limiter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ledger := NewMemory()
		l := NewLimiter(Config{Ledger: ledger, Connection: "c", Holder: "h1"})
		defer l.Close()
		test(t, ledger, l)
	})
}

func TestCallsStayInsideLimits(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		var inFlight, most atomic.Int64
		var calls sync.WaitGroup
		start := time.Now()
		for range 300 {
			calls.Go(func() {
				permit, err := l.Acquire(t.Context(), mailbox)
				if err != nil {
					t.Error(err)
					return
				}
				defer permit.Release()
				if n := inFlight.Add(1); n > most.Load() {
					most.Store(n)
				}
				<-time.After(50 * time.Millisecond)
				inFlight.Add(-1)
			})
		}
		calls.Wait()
		if most.Load() != 4 {
			t.Errorf("%d in flight", most.Load())
		}
		// 100 per 10 s: the third hundred cannot start before 20 s have passed
		if took := time.Since(start); took < 20*time.Second || took > 25*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func TestLongWaitIsHandedToTheCaller(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		if err := l.CoolDown(t.Context(), mailbox.Scope, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		_, err := l.Acquire(t.Context(), mailbox)
		if !fault.Is(err, fault.Throttled) || fault.RetryAfterOf(err) < 9*time.Minute {
			t.Errorf("%v after %s", err, fault.RetryAfterOf(err))
		}
	})
}

func TestShortCoolDownIsWaitedOut(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		if err := l.CoolDown(t.Context(), mailbox.Scope, 7*time.Second); err != nil {
			t.Fatal(err)
		}
		permit, err := l.Acquire(t.Context(), mailbox)
		if err != nil || permit.Waited < 7*time.Second {
			t.Fatalf("%+v, %v", permit, err)
		}
		permit.Release()
	})
}

func TestRestoreGetsThreeOfFour(t *testing.T) {
	bubble(t, func(t *testing.T, ledger *Memory, backup *Limiter) {
		restore := NewLimiter(Config{Ledger: ledger, Connection: "c", Holder: "h2"})
		defer restore.Close()
		held, err := backup.Acquire(t.Context(), mailbox)
		if err != nil {
			t.Fatal(err)
		}
		urgent := mailbox
		urgent.Priority = Restore
		var permits []*Permit
		for range 3 {
			permit, err := restore.Acquire(t.Context(), urgent)
			if err != nil {
				t.Fatal(err)
			}
			permits = append(permits, permit)
		}
		if total := permits[0].Waited + permits[1].Waited + permits[2].Waited; total > 15*time.Second {
			t.Errorf("waited %s", total)
		}
		held.Release()
		for _, permit := range permits {
			permit.Release()
		}
	})
}

func TestCallOfFourSlotsMakesDoWithOneWhereOthersWork(t *testing.T) {
	bubble(t, func(t *testing.T, ledger *Memory, l *Limiter) {
		batch := mailbox
		batch.Slots = 4
		alone, err := l.Acquire(t.Context(), batch)
		if err != nil || alone.Slots != 4 {
			t.Fatalf("%+v, %v", alone, err)
		}
		alone.Release()
		other := Ask{Connection: "c", Scope: mailbox.Scope, Holder: "h2", Slots: Slots{Max: 4, Need: 1, Want: 3, For: time.Hour}}
		for granted := int64(0); granted == 0; {
			grant, err := ledger.Acquire(t.Context(), other)
			if err != nil {
				t.Fatal(err)
			}
			granted = grant.Slots
			<-time.After(SlotRetry)
		}
		shared, err := l.Acquire(t.Context(), batch)
		if err != nil || shared.Slots != 1 {
			t.Fatalf("%+v, %v", shared, err)
		}
		shared.Release()
	})
}

func TestUnusedLeaseGoesBack(t *testing.T) {
	bubble(t, func(t *testing.T, ledger *Memory, l *Limiter) {
		permit, err := l.Acquire(t.Context(), mailbox)
		if err != nil {
			t.Fatal(err)
		}
		permit.Release()
		<-time.After(8 * time.Second)
		report, err := l.Report(t.Context())
		if err != nil || len(report) != 1 || report[0].Budgets[0].Used != 1 || report[0].Held != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// TestALeaseThatIsNotSpentInTimeIsNotLost has a budget that is short expire the leases of one that is not.
func TestALeaseThatIsNotSpentInTimeIsNotLost(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		price := Price{Scope: "files", Charges: []Charge{
			{Budget: "minute", Limit: Limit{Units: 60, Per: time.Minute, Burst: 1}, Units: 1},
			{Budget: "day", Limit: Limit{Units: 100_000, Per: 24 * time.Hour}, Units: 1, Lease: 200},
		}}
		for range 100 {
			permit, err := l.Acquire(t.Context(), price)
			if err != nil {
				t.Fatal(err)
			}
			permit.Release()
		}
		<-time.After(3 * time.Second)
		report, err := l.Report(t.Context())
		if err != nil || report[0].Budgets[0].Used != 100 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestPriceAboveTheLimitIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		price := Price{Scope: "s", Charges: []Charge{{Budget: "b", Limit: Limit{Units: 5, Per: time.Second}, Units: 6}}}
		if _, err := l.Acquire(t.Context(), price); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		if err := l.CoolDown(t.Context(), mailbox.Scope, time.Minute); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.Acquire(ctx, mailbox); !fault.Is(err, fault.Transient) {
			t.Error(err)
		}
	})
}
