package schedule

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// diary notes which syncs were made and why.
type diary struct {
	mu      sync.Mutex
	entries []string
	running int
	most    int
	takes   time.Duration
	err     error
}

func (d *diary) sync(ctx context.Context, connection m365.ConnectionID, cause string) error {
	d.mu.Lock()
	d.entries = append(d.entries, string(connection)+" "+cause)
	d.running++
	d.most = max(d.most, d.running)
	takes, err := d.takes, d.err
	d.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	return err
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	entries := d.entries
	d.entries = nil
	return entries
}

// scheduled runs a schedule in a bubble of its own time.
func scheduled(t *testing.T, d *diary, story func(s *Schedule)) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{Interval: 10 * time.Minute, Parallel: 2, Log: slog.New(slog.DiscardHandler)}, d.sync)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		story(s)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// pass lets the bubble's time go by.
func pass(d time.Duration) { <-time.After(d) }

func TestSyncsComeAtOnceAndThenEveryInterval(t *testing.T) {
	d := &diary{}
	scheduled(t, d, func(s *Schedule) {
		s.Want("a", "connection-created")
		synctest.Wait()
		pass(9 * time.Minute)
		if diff := cmp.Diff([]string{"a connection-created"}, d.read()); diff != "" {
			t.Error(diff)
		}
		pass(2 * time.Minute)
		if diff := cmp.Diff([]string{"a schedule"}, d.read()); diff != "" {
			t.Error(diff)
		}
		s.Drop("a")
		pass(time.Hour)
		if got := d.read(); len(got) != 0 {
			t.Errorf("dropped, but %v", got)
		}
	})
}

func TestWhatIsWantedMeanwhileComesRightAfter(t *testing.T) {
	d := &diary{takes: time.Minute}
	scheduled(t, d, func(s *Schedule) {
		s.Want("a", "first")
		synctest.Wait()
		s.Want("a", "second")
		s.Want("a", "third")
		pass(30 * time.Second)
		if diff := cmp.Diff([]string{"a first"}, d.read()); diff != "" {
			t.Error(diff)
		}
		pass(time.Minute)
		if diff := cmp.Diff([]string{"a third"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOnlySoManyAtATime(t *testing.T) {
	d := &diary{takes: time.Minute}
	scheduled(t, d, func(s *Schedule) {
		for _, connection := range []m365.ConnectionID{"a", "b", "c", "d", "e"} {
			s.Want(connection, "start")
		}
		pass(4 * time.Minute)
		if got := d.read(); len(got) != 5 || d.most != 2 {
			t.Errorf("%v, %d at a time", got, d.most)
		}
	})
}

func TestFailureIsTriedAgainWhenItSaysSo(t *testing.T) {
	d := &diary{err: fault.New(fault.Throttled, "sync", "slow down", fault.After(30*time.Second))}
	scheduled(t, d, func(s *Schedule) {
		s.Want("a", "start")
		pass(70 * time.Second)
		if got := d.read(); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}

func TestFailureThatMayPassIsTriedAgainSooner(t *testing.T) {
	d := &diary{err: fault.New(fault.Transient, "sync", "503")}
	scheduled(t, d, func(s *Schedule) {
		s.Want("a", "start")
		pass(2 * time.Minute)
		if got := d.read(); len(got) != 4 { // at 0, 15, 45 and 105 s
			t.Errorf("%v", got)
		}
		d.mu.Lock()
		d.err = fault.New(fault.Permission, "sync", "403")
		d.mu.Unlock()
		pass(14 * time.Minute)
		if got := d.read(); len(got) != 2 { // at 225 s, and at the next interval
			t.Errorf("%v", got)
		}
	})
}
