package dispatch

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// Dispatcher runs the parts of this package. Its views must be running.
type Dispatcher struct {
	Queue     *jobs.Queue
	Leader    *jobs.Schedules
	Book      *outbox.Book
	Views     *outbox.Views
	Placer    *Placer
	Schedules *Schedules
	FanOut    *FanOut
	Log       *slog.Logger
}

// every is how long a hint that got lost goes unnoticed; soon is when what failed is tried again.
const (
	every = 10 * time.Minute
	soon  = time.Second
)

// Run dispatches until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	if err := d.Views.Ready(ctx); err != nil {
		return nil // told to stop before everything was read
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return d.Placer.Run(ctx) })
	group.Go(func() error { return d.Queue.Tend(ctx) })
	group.Go(func() error { return d.Leader.Lead(ctx, d.FanOut.Fire) })
	group.Go(func() error { d.follow(ctx); return nil })
	group.Go(func() error { d.rounds(ctx); return nil })
	return group.Wait()
}

// follow brings the schedules in line at the start and whenever a profile changes.
func (d *Dispatcher) follow(ctx context.Context) {
	wait := time.Duration(0)
	for {
		err := d.Schedules.Sync(ctx)
		if err != nil && ctx.Err() == nil {
			d.Log.Warn("schedules not brought in line", "error", err)
		}
		if wait = every; err != nil {
			wait = soon
		}
		select {
		case <-d.Schedules.wake:
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
	}
}

func (d *Dispatcher) rounds(ctx context.Context) {
	for bus.Pause(ctx, every) == nil {
		for job := range d.Views.Jobs.All("") {
			d.Placer.Changed(job, job)
		}
		if err := d.undertake(ctx); err != nil && ctx.Err() == nil {
			d.Log.Warn("dead letters not looked through", "error", err)
		}
	}
}

// undertake ends the jobs that the queue has given up.
func (d *Dispatcher) undertake(ctx context.Context) error {
	letters, err := d.Queue.DeadLetters(ctx)
	if err != nil {
		return err
	}
	for _, letter := range letters {
		if letter.Job.Kind != KindBackup && letter.Job.Kind != KindVerify {
			continue
		}
		problem := &outbox.Problem{Reason: "WORKERS_ENDED", Cause: "the workers that had the job ended before it did, too many times",
			Next: "find out why from the workers' logs, then start it again"}
		_, err := d.Book.EndWaiting(ctx, letter.Job.Connection, letter.Job.ID, problem, state.Origin{Cause: "dead letter", RunID: letter.Job.ID, Actor: outbox.Service})
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}
