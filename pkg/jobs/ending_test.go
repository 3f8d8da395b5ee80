package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
)

func TestWhatAnErrorMakesOfAJob(t *testing.T) {
	for name, test := range map[string]struct {
		err      error
		attempts []int  // of the runs that begin
		dead     string // reason of the dead letter; empty without one
	}{
		"success":           {nil, []int{1}, ""},
		"gone":              {fault.New(fault.NotFound, "open", "no mailbox"), []int{1}, ""},
		"refused":           {fault.New(fault.Permission, "open", "no right", fault.Reason("ACCESS_DENIED")), []int{1}, "ACCESS_DENIED"},
		"outage":            {fault.As(fault.Transient, "read", errOutage), []int{1, 2, 3}, "ATTEMPTS_EXHAUSTED"},
		"not classified":    {errOutage, []int{1, 2, 3}, "ATTEMPTS_EXHAUSTED"},
		"throttled":         {fault.New(fault.Throttled, "read", "slow down", fault.After(100*time.Millisecond)), []int{1, 2, 3}, "ATTEMPTS_EXHAUSTED"},
		"broken invariants": {nil, []int{1, 2, 3}, "ATTEMPTS_EXHAUSTED"},
	} {
		t.Run(name, func(t *testing.T) {
			y := setUp(t)
			y.tend()
			crew := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error {
				if name == "broken invariants" {
					panic("index out of range")
				}
				return test.err
			})
			y.enqueue(job("j1", "r1", jobs.Scheduled), true)
			for _, attempt := range test.attempts {
				if run := y.next(crew); run.Attempt() != attempt || run.Job.ID != "j1" {
					t.Errorf("attempt %d of %s, want %d", run.Attempt(), run.Job.ID, attempt)
				}
			}
			y.untilEmpty()
			letters, err := y.queue.DeadLetters(y.ctx)
			if err != nil {
				t.Fatal(err)
			}
			if test.dead == "" {
				if len(letters) > 0 {
					t.Errorf("dead letter %+v", letters[0])
				}
				return
			}
			if len(letters) != 1 || letters[0].Reason != test.dead || letters[0].Job.ID != "j1" {
				t.Fatalf("dead letters %+v", letters)
			}
		})
	}
}

func TestReleaseGivesADeadLetterAnotherChance(t *testing.T) {
	y := setUp(t)
	broken := true
	crew := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error {
		if broken {
			broken = false
			return fault.New(fault.Permission, "open", "no right")
		}
		return nil
	})
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.next(crew)
	y.untilEmpty()
	letters, err := y.queue.DeadLetters(y.ctx)
	if err != nil || len(letters) != 1 {
		t.Fatalf("%v, %v", letters, err)
	}
	if err := y.queue.Release(y.ctx, letters[0].Sequence); err != nil {
		t.Fatal(err)
	}
	if run := y.next(crew); run.Job.ID != "j1" || run.Attempt() != 1 {
		t.Errorf("run %+v", run.Job)
	}
	if err := y.queue.Release(y.ctx, letters[0].Sequence); !fault.Is(err, fault.NotFound) {
		t.Errorf("released twice: %v", err)
	}
}

// A job that is put off leaves its worker and its place to others, and never comes back too early: the
// server's schedules would be up to a second early if their time were given in whole seconds.
func TestLaterFreesWorkerAndPlace(t *testing.T) {
	y := setUp(t)
	y.tend()
	const wait = 1300 * time.Millisecond
	first := true
	crew := y.work(y.queue, jobs.Scheduled, func(_ context.Context, run *jobs.Run) error {
		if run.Job.ID == "j1" && first {
			first = false
			return jobs.Later(wait, fault.New(fault.Throttled, "read", "budget used up"))
		}
		return nil
	})
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.next(crew)
	began := time.Now()
	y.untilEmpty()
	y.enqueue(job("j2", "r1", jobs.Scheduled), true)
	if run := y.next(crew); run.Job.ID != "j2" {
		t.Errorf("%s began", run.Job.ID)
	}
	run := y.next(crew)
	if waited := time.Since(began); run.Job.ID != "j1" || run.Attempt() != 1 || waited < wait-50*time.Millisecond {
		t.Errorf("%s came back after %v as attempt %d", run.Job.ID, waited, run.Attempt())
	}
}

// What comes back to a place that is taken is dropped, but for restores: those differ from each other.
func TestComingBackToATakenPlace(t *testing.T) {
	for class, again := range map[jobs.Class]bool{jobs.Scheduled: false, jobs.Restore: true} {
		t.Run(string(class), func(t *testing.T) {
			y := setUp(t)
			y.tend()
			release := make(chan struct{})
			crew := y.work(y.queue, class, func(_ context.Context, run *jobs.Run) error {
				if run.Job.ID == "j1" && run.Job.Turn == 0 {
					return jobs.Later(200*time.Millisecond, errOutage)
				}
				if run.Job.ID == "j2" {
					<-release
				}
				return nil
			})
			y.enqueue(job("j1", "r1", class), true)
			y.next(crew)
			y.untilEmpty()
			y.enqueue(job("j2", "r1", class), true)
			y.next(crew)
			retries, err := y.js.Consumer(y.ctx, bus.StreamRetries, bus.ConsumerRetries)
			if err != nil {
				t.Fatal(err)
			}
			y.until("the job has tried to come back", func() bool {
				info, err := retries.Info(y.ctx)
				return err == nil && info.Delivered.Consumer > 0 && (again || info.NumAckPending == 0)
			})
			close(release)
			if again {
				if run := y.next(crew); run.Job.ID != "j1" {
					t.Errorf("%s came", run.Job.ID)
				}
			}
			y.untilEmpty()
			if len(crew.begun) > 0 {
				t.Errorf("%s ran too", (<-crew.begun).Job.ID)
			}
		})
	}
}

// A job that kills its workers blocks its resource until it is taken out.
func TestFuse(t *testing.T) {
	y := setUp(t)
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	consumer, err := y.js.Consumer(y.ctx, bus.StreamJobs, bus.JobConsumer(string(jobs.Scheduled)))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // workers that die with it
		if _, err := consumer.Next(jetstream.FetchContext(y.ctx)); err != nil {
			t.Fatal(err)
		}
	}
	waiting, stop := context.WithTimeout(y.ctx, 2*ackWait)
	defer stop()
	if _, err := consumer.Next(jetstream.FetchContext(waiting)); err == nil {
		t.Fatal("delivered a third time")
	}
	y.enqueue(job("j2", "r1", jobs.Scheduled), false)
	y.tend()
	y.until("dead letter", func() bool {
		letters, err := y.queue.DeadLetters(y.ctx)
		return err == nil && len(letters) == 1 && letters[0].Reason == "DELIVERED_TOO_OFTEN" && letters[0].Job.ID == "j1" && letters[0].Next != ""
	})
	y.until("free place", func() bool {
		queued, err := y.queue.Enqueue(y.ctx, job("j3", "r1", jobs.Scheduled))
		return queued && err == nil
	})
}

func TestCancel(t *testing.T) {
	t.Run("queued", func(t *testing.T) {
		y := setUp(t)
		y.enqueue(job("j1", "r1", jobs.Scheduled), true)
		if waiting, err := y.queue.Cancel(y.ctx, job("j2", "r1", jobs.Scheduled)); waiting || err != nil {
			t.Errorf("another job of that place: %v, %v", waiting, err)
		}
		y.enqueue(job("j3", "r1", jobs.Scheduled), false)
		if waiting, err := y.queue.Cancel(y.ctx, job("j1", "r1", jobs.Scheduled)); !waiting || err != nil {
			t.Errorf("%v, %v", waiting, err)
		}
		y.enqueue(job("j3", "r1", jobs.Scheduled), true)
	})
	t.Run("put off", func(t *testing.T) {
		y := setUp(t)
		crew := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error { return jobs.Later(time.Hour, errOutage) })
		y.enqueue(job("j1", "r1", jobs.Scheduled), true)
		y.next(crew)
		y.untilEmpty()
		if waiting, err := y.queue.Cancel(y.ctx, job("j1", "r1", jobs.Scheduled)); !waiting || err != nil {
			t.Errorf("%v, %v", waiting, err)
		}
	})
	t.Run("running", func(t *testing.T) {
		y := setUp(t)
		causes := make(chan error, 1)
		crew := y.work(y.queue, jobs.Scheduled, func(ctx context.Context, run *jobs.Run) error {
			err := untilEnd(ctx, run)
			causes <- context.Cause(ctx)
			return err
		})
		y.enqueue(job("j1", "r1", jobs.Scheduled), true)
		y.next(crew)
		if waiting, err := y.queue.Cancel(y.ctx, job("j1", "r1", jobs.Scheduled)); waiting || err != nil {
			t.Errorf("%v, %v", waiting, err)
		}
		if cause := receive(y, causes); !errors.Is(cause, jobs.ErrCancelled) {
			t.Errorf("cause %v", cause)
		}
		y.untilEmpty()
		if waiting, err := y.queue.Cancel(y.ctx, job("j1", "r1", jobs.Scheduled)); waiting || err != nil {
			t.Errorf("what is over: %v, %v", waiting, err)
		}
	})
}
