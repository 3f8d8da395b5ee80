package ratelimit

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// TestARestoreGoesFirst has one process keep forty scheduled calls waiting and another ten of a restore: the
// restore gets nearly all that refills, and those that wait for long still move.
func TestARestoreGoesFirst(t *testing.T) {
	bubble(t, func(t *testing.T, ledger *Memory, backup *Limiter) {
		restore := NewLimiter(Config{Ledger: ledger, Connection: "c", Holder: "h2"})
		defer restore.Close()
		limit := Limit{Units: 600, Per: time.Minute, Burst: 10}
		price := Price{Scope: "files", Charges: []Charge{{Budget: "units", Limit: limit, Units: 1, Lease: 20}}}
		urgent := price
		urgent.Priority = Restore
		end := time.Now().Add(2 * time.Minute)
		var mu sync.Mutex
		done := map[Priority]int{}
		var calls sync.WaitGroup
		keep := func(n int, l *Limiter, price Price) {
			for range n {
				calls.Go(func() {
					for time.Now().Before(end) {
						permit, err := l.Acquire(t.Context(), price)
						if err != nil {
							t.Error(err)
							return
						}
						permit.Release()
						mu.Lock()
						done[price.Priority]++
						mu.Unlock()
					}
				})
			}
		}
		keep(40, backup, price)
		keep(10, restore, urgent)
		calls.Wait()
		if total := done[Restore] + done[Scheduled]; total < 1150 {
			t.Errorf("%d of 1200 were used", total)
		}
		if done[Restore] < 20*done[Scheduled] || done[Scheduled] < 3 {
			t.Errorf("%v", done)
		}
	})
}

// TestPriorityHoldsInsideAProcess lets calls of all priorities wait for one budget in one process.
func TestPriorityHoldsInsideAProcess(t *testing.T) {
	bubble(t, func(t *testing.T, _ *Memory, l *Limiter) {
		price := Price{Scope: "files", Charges: []Charge{{Budget: "units", Limit: Limit{Units: 60, Per: time.Minute, Burst: 1}, Units: 1}}}
		if _, err := l.Acquire(t.Context(), price); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []Priority
		var calls sync.WaitGroup
		for _, priority := range []Priority{Scheduled, Interactive, Scheduled, Restore, Interactive, Restore} {
			own := price
			own.Priority = priority
			calls.Go(func() {
				if _, err := l.Acquire(t.Context(), own); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, priority)
			})
			<-time.After(50 * time.Millisecond)
		}
		report, err := l.Report(t.Context())
		if err != nil || report[0].Waiting[Scheduled] != 2 || report[0].Waiting[Restore] == 0 {
			t.Errorf("%+v, %v", report, err)
		}
		calls.Wait()
		if !slices.IsSortedFunc(order, func(a, b Priority) int { return int(b - a) }) {
			t.Errorf("%v", order)
		}
	})
}
