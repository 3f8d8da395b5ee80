package work

import (
	"context"
	"errors"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// backup does one attempt of a backup and reports its end.
func (w *Worker) backup(ctx context.Context, job *jobs.Run) error {
	run, err := w.Book.Begin(ctx, job.Job.Connection, job.Job.ID, w.Owner)
	if err != nil {
		return err
	}
	log := w.Log.With("job", run.ID, "connection", run.Connection, "resource", run.Resource)
	log.InfoContext(ctx, "backup begins", "full", run.Full, "failures", run.Failures)
	a := &attempt{run: run}
	report := follow(ctx, job, a)
	result, err := w.attempt(ctx, a, job)
	progress := report.stop()
	err = w.settle(ctx, a, result, err, progress)
	log.InfoContext(ctx, "backup ends", "snapshot", result.Sequence, "items", progress.Items, "requests", progress.Requests, "error", err)
	return err
}

// attempt opens what a backup needs and does it.
func (w *Worker) attempt(ctx context.Context, a *attempt, job *jobs.Run) (outbox.Result, error) {
	if a.run.CancelRequested {
		return outbox.Result{}, jobs.ErrCancelled
	}
	var err error
	if a.client, err = w.Tenants.Open(ctx, a.run.Connection); err != nil {
		return outbox.Result{}, err
	}
	if a.vault, err = w.Vaults.Open(ctx, a.run.Connection); err != nil {
		return outbox.Result{}, err
	}
	if job.Job.Class == jobs.Interactive {
		ctx = graph.WithPriority(ctx, ratelimit.Interactive)
	}
	return a.do(ctx)
}

// settle reports how an attempt ended. Its error is what becomes of the job in the queue: once the
// state says what happened the queue has nothing more to do, since the dispatcher derives it from there.
func (w *Worker) settle(ctx context.Context, a *attempt, result outbox.Result, err error, progress outbox.Progress) error {
	if lost(ctx) {
		return jobs.ErrLost
	}
	cause := context.Cause(ctx)
	writing, cancel := after(ctx)
	defer cancel()
	switch {
	case err == nil:
		return w.end(writing, a, result, progress)
	case errors.Is(cause, jobs.ErrCancelled) || errors.Is(err, jobs.ErrCancelled):
		return w.end(writing, a, a.ended(outbox.Cancelled, nil), progress)
	case cause != nil: // this process stops
		pauseErr := w.Book.Postpone(writing, a.run, outbox.Pause{Progress: progress})
		return errors.Join(notLost(pauseErr), cause)
	}
	if wait, again := retry(err, a.run.Failures, time.Now()); again {
		wait.Problem, wait.Progress = problemOf(err), progress
		w.Log.WarnContext(ctx, "backup put off", "job", a.run.ID, "error", err, "until", wait.Until)
		pauseErr := notLost(w.Book.Postpone(writing, a.run, wait))
		if pauseErr == nil && wait.Until.IsZero() {
			return jobs.ErrHandBack
		}
		return pauseErr
	}
	w.Log.WarnContext(ctx, "backup failed", "job", a.run.ID, "error", err)
	return w.end(writing, a, a.ended(outbox.Failed, problemOf(err)), progress)
}

// end closes the job.
func (w *Worker) end(ctx context.Context, a *attempt, result outbox.Result, progress outbox.Progress) error {
	return notLost(w.Book.End(ctx, a.run, result, progress))
}

// ended is the result of an attempt that made no snapshot.
func (a *attempt) ended(ending outbox.Ending, problem *outbox.Problem) outbox.Result {
	spent := a.meter.Read()
	return outbox.Result{Ending: ending, Full: a.run.Full, Requests: a.run.Requests + spent.Requests, Throttled: spent.Throttled, Problem: problem}
}

// lost tells whether another worker has the job by now.
func lost(ctx context.Context) bool { return errors.Is(context.Cause(ctx), jobs.ErrLost) }

// fenced tells whether somebody else wrote the unit. If that was another worker with the same job, it
// has the lease as well: then what is reported here is refused, and nothing is handed back.
func fenced(err error) bool { return fault.ReasonOf(err) == vault.Fenced }

// keeps tells whether a run that ends early may keep a checkpoint: not if somebody else may be
// writing, and not if nobody wants it any more.
func keeps(ctx context.Context, err error) bool {
	return !lost(ctx) && !fenced(err) && !errors.Is(context.Cause(ctx), jobs.ErrCancelled)
}

// notLost makes of a lost lease what the queue understands.
func notLost(err error) error {
	if fault.ReasonOf(err) == outbox.LeaseLost {
		return jobs.ErrLost
	}
	return err
}
