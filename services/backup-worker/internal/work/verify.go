package work

import (
	"context"
	"errors"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// verify reads a snapshot back the way a restore does, and reports what cannot be.
func (w *Worker) verify(ctx context.Context, job *jobs.Run) error {
	run, err := w.Book.BeginVerify(ctx, job.Job.Connection, job.Job.ID)
	if err != nil {
		return err
	}
	a := &attempt{run: run}
	report := follow(ctx, job, a)
	found, err := w.check(ctx, a)
	progress := report.stop()
	return w.settleVerify(ctx, run, found, err, progress)
}

func (w *Worker) check(ctx context.Context, a *attempt) (outbox.Found, error) {
	if a.run.CancelRequested {
		return outbox.Found{}, jobs.ErrCancelled
	}
	sequence, err := content.ParseSnapshotID(names.Last(a.run.Snapshot))
	if err != nil {
		return outbox.Found{}, err
	}
	v, err := w.Vaults.Open(ctx, a.run.Connection)
	if err != nil {
		return outbox.Found{}, err
	}
	unit := vault.UnitID(a.run.Unit)
	view, err := v.At(ctx, unit, sequence)
	if err != nil {
		return outbox.Found{}, err
	}
	snapshot := view.Snapshot()
	a.progress.Total.Store(snapshot.Counts.Items)
	report, err := v.Verify(ctx, unit, snapshot.Seq, func(p vault.VerifyProgress) {
		a.progress.Items.Store(p.Items)
		a.progress.Bytes.Store(p.Bytes)
	})
	return foundOf(snapshot.Seq, report), err
}

// mostDamages is how many are named one by one.
const mostDamages = 1000

func foundOf(sequence uint64, report vault.Report) outbox.Found {
	found := outbox.Found{Sequence: sequence, Items: report.Items, Bytes: report.Bytes, Damaged: int64(len(report.Damages))}
	for _, damage := range report.Damages[:min(len(report.Damages), mostDamages)] {
		found.Damages = append(found.Damages, outbox.Damage{Item: damage.ID, Problem: *problemOf(damage.Cause)})
	}
	return found
}

func (w *Worker) settleVerify(ctx context.Context, run outbox.Run, found outbox.Found, err error, progress outbox.Progress) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, jobs.ErrLost) {
		return jobs.ErrLost
	}
	writing, cancel := after(ctx)
	defer cancel()
	switch {
	case err == nil && found.Damaged > 0:
		problem := problemOf(fault.New(fault.Internal, "verify", "stored bytes are not what was written", fault.Reason(vault.Damaged),
			fault.Next("back the resource up in full, and find out what happened to the store")))
		return w.Book.EndVerify(writing, run, outbox.Failed, &found, problem, progress)
	case err == nil:
		return w.Book.EndVerify(writing, run, outbox.Complete, &found, nil, progress)
	case errors.Is(cause, jobs.ErrCancelled) || errors.Is(err, jobs.ErrCancelled):
		return w.Book.EndVerify(writing, run, outbox.Cancelled, nil, nil, progress)
	case cause != nil: // this process stops
		return errors.Join(w.Book.PostponeVerify(writing, run, outbox.Pause{Progress: progress}), cause)
	}
	if wait, again := retry(err, run.Failures, time.Now()); again {
		wait.Problem, wait.Progress = problemOf(err), progress
		return w.Book.PostponeVerify(writing, run, wait)
	}
	return w.Book.EndVerify(writing, run, outbox.Failed, nil, problemOf(err), progress)
}
