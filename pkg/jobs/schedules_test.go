package jobs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
)

// lead follows schedules as one process of the dispatcher does.
func (y *yard) lead(js jetstream.JetStream) (due chan jobs.Due, stop func()) {
	ctx, cancel := context.WithCancel(y.ctx)
	due = make(chan jobs.Due, 1000)
	var group sync.WaitGroup
	group.Go(func() {
		_ = jobs.NewSchedules(js).Lead(ctx, func(_ context.Context, fired jobs.Due) error { due <- fired; return nil })
	})
	stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	y.Cleanup(stop)
	return due, stop
}

func TestScheduleFiresOnceAndNotEarly(t *testing.T) {
	y := setUp(t)
	due, _ := y.lead(y.js)
	when := time.Now().Add(1500 * time.Millisecond)
	if err := jobs.NewSchedules(y.js).At(y.ctx, "once", when, []byte("payload")); err != nil {
		t.Fatal(err)
	}
	fired := receive(y, due)
	if early := time.Until(when); early > 0 || fired.Name != "once" || string(fired.Payload) != "payload" {
		t.Errorf("%+v came %v too early", fired, early)
	}
	y.until("schedule is gone", func() bool {
		names, err := jobs.NewSchedules(y.js).Names(y.ctx)
		return err == nil && len(names) == 0
	})
}

func TestScheduleGoesOnOverARestart(t *testing.T) {
	y := setUp(t)
	due, _ := y.lead(y.js)
	schedules := jobs.NewSchedules(y.js)
	for range 3 { // setting it again does not begin the interval anew
		if err := schedules.Every(y.ctx, "tick", time.Second, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	receive(y, due)
	y.server.Restart()
	for len(due) > 0 {
		<-due
	}
	if fired := receive(y, due); fired.Name != "tick" || string(fired.Payload) != "x" {
		t.Errorf("%+v", fired)
	}
	if err := schedules.Remove(y.ctx, "tick"); err != nil {
		t.Fatal(err)
	}
	if names, err := schedules.Names(y.ctx); err != nil || len(names) != 0 {
		t.Errorf("%v, %v", names, err)
	}
}

func TestSetAgainChangesNothing(t *testing.T) {
	y := setUp(t)
	schedules := jobs.NewSchedules(y.js)
	stream, err := y.js.Stream(y.ctx, bus.StreamSchedules)
	if err != nil {
		t.Fatal(err)
	}
	last := func() uint64 {
		info, err := stream.Info(y.ctx)
		if err != nil {
			t.Fatal(err)
		}
		return info.State.LastSeq
	}
	set := func(expression, zone string) {
		if err := schedules.Cron(y.ctx, "p1", expression, zone, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	set("0 30 2 * * *", "Europe/Berlin")
	before := last()
	set("0 30 2 * * *", "Europe/Berlin")
	if got := last(); got != before {
		t.Errorf("sequence %d after %d", got, before)
	}
	set("0 30 3 * * *", "Europe/Berlin")
	set("0 30 3 * * *", "")
	if got := last(); got != before+2 {
		t.Errorf("sequence %d after %d and two changes", got, before)
	}
	if err := schedules.Every(y.ctx, "p0", time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	names, err := schedules.Names(y.ctx)
	if diff := cmp.Diff([]string{"p0", "p1"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestRefusesWhatIsNoSchedule(t *testing.T) {
	y := setUp(t)
	schedules := jobs.NewSchedules(y.js)
	for name, err := range map[string]error{
		"five fields": schedules.Cron(y.ctx, "p1", "30 2 * * *", "", nil),
		"nonsense":    schedules.Cron(y.ctx, "p1", "tomorrow", "", nil),
		"zone":        schedules.Cron(y.ctx, "p1", "0 30 2 * * *", "Mars/Olympus", nil),
		"too often":   schedules.Every(y.ctx, "p1", time.Millisecond, nil),
		"name":        schedules.Every(y.ctx, "a.b", time.Hour, nil),
	} {
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOneProcessLeadsAndAnotherTakesOver(t *testing.T) {
	y := setUp(t)
	if err := jobs.NewSchedules(y.js).Every(y.ctx, "tick", time.Second, nil); err != nil {
		t.Fatal(err)
	}
	one, stopOne := y.lead(y.server.Connect())
	receive(y, one)
	other, _ := y.lead(y.server.Connect())
	receive(y, one)
	receive(y, one)
	if len(other) > 0 {
		t.Error("two lead at once")
	}
	stopOne()
	receive(y, other)
}

// The server refuses schedules in a stream that refuses messages, so they cannot share the queue's.
func TestSchedulesCannotShareTheQueue(t *testing.T) {
	y := setUp(t)
	stream, err := y.js.Stream(y.ctx, bus.StreamJobs)
	if err != nil {
		t.Fatal(err)
	}
	config := stream.CachedInfo().Config
	config.AllowMsgSchedules = true
	if _, err := y.js.UpdateStream(y.ctx, config); err == nil {
		t.Error("schedules and discard-new went together")
	}
}
