package outbox

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Pause says why a job goes back to wait.
type Pause struct {
	Until    time.Time // zero for at once
	Failed   bool      // it counts as a failure
	Problem  *Problem  // what it waits for to pass; nil if nothing is wrong
	Progress Progress
}

// Postpone gives a backup's lease back and lets its job wait.
func (b *Book) Postpone(ctx context.Context, run Run, pause Pause) error {
	return b.release(ctx, run, "job-queued", func(_ Resource, job *backupv1.Job) (state.Decision, error) {
		wait(job, pause)
		return state.Decision{Fact: "backup-postponed"}, nil
	})
}

// PostponeVerify lets the job of a verification wait.
func (b *Book) PostponeVerify(ctx context.Context, run Run, pause Pause) error {
	_, err := b.jobs.Update(ctx, run.Connection, run.ID, byItself("job", run.ID), func(job *backupv1.Job) (string, error) {
		wait(job, pause)
		return "job-queued", nil
	})
	return fault.Wrap("postpone verification", err)
}

func wait(job *backupv1.Job, pause Pause) {
	job.State, job.NotBeforeTime = backupv1.JobState_JOB_STATE_QUEUED, nil
	job.Problem, job.Progress = pause.Problem.message(), pause.Progress.message()
	if !pause.Until.IsZero() {
		job.NotBeforeTime = timestamppb.New(pause.Until)
	}
	if pause.Failed {
		job.Failures++
	}
}

// End reports how a backup ended: the lease is given back, the result noted, the job closed, and the job
// that waited for its end may begin; all or nothing.
func (b *Book) End(ctx context.Context, run Run, result Result, progress Progress) error {
	return b.release(ctx, run, "job-ended", func(resource Resource, job *backupv1.Job) (state.Decision, error) {
		job.Progress = progress.message()
		return b.finish(ctx, resource, job, run, result)
	})
}

// finish writes a result into both entities, names the fact and lets the next job come forward.
func (b *Book) finish(ctx context.Context, entity Resource, job *backupv1.Job, run Run, result Result) (state.Decision, error) {
	resource, message := entity.Value, b.result(run, result)
	resource.LastBackup = message
	resource.Backups++
	resource.VaultSequence = max(resource.GetVaultSequence(), int64(result.Sequence))
	job.State, job.EndTime, job.Backup, job.Problem, job.NotBeforeTime = endings[result.Ending], message.GetEndTime(), message, message.GetProblem(), nil
	job.FailedItems = lacks(result)
	also, err := b.promote(ctx, entity, byItself("job", run.ID))
	decision := state.Decision{Also: also}
	switch result.Ending {
	case Complete, Partial:
		resource.LastSuccess, decision.Fact = message, "backup-completed"
	case Cancelled:
		decision.Fact = "backup-cancelled"
	case Failed:
		decision.Fact = "backup-failed"
	}
	return decision, err
}

// release ends a lease. edit changes both entities and decides on the resource.
func (b *Book) release(ctx context.Context, run Run, fact string, edit func(Resource, *backupv1.Job) (state.Decision, error)) error {
	_, err := b.resources.Decide(ctx, run.Connection, string(run.Resource), byItself("job", run.ID), func(resource Resource) (state.Decision, error) {
		lease := resource.Value.GetLease()
		if lease.GetEpoch() != run.epoch || lease.GetJob() != names.Job(run.Connection, run.ID) {
			// No Conflict: that would be decided again, and a lost lease stays lost.
			return state.Decision{}, fault.New(fault.Precondition, "release lease", "another worker has it by now", fault.Reason(LeaseLost))
		}
		job, err := b.jobs.Get(ctx, run.Connection, run.ID)
		if err != nil {
			return state.Decision{}, err
		}
		resource.Value.Lease = nil
		decision, err := edit(resource, job.Value)
		if err != nil {
			return state.Decision{}, err
		}
		change, err := b.jobs.Change(job, fact, byItself("job", run.ID))
		decision.Also = append(decision.Also, change)
		return decision, err
	})
	return fault.Wrap("release lease", err)
}

// EndVerify reports how a verification ended; found is nil if it could not be done.
func (b *Book) EndVerify(ctx context.Context, run Run, ending Ending, found *Found, problem *Problem, progress Progress) error {
	_, err := b.jobs.Update(ctx, run.Connection, run.ID, byItself("job", run.ID), func(job *backupv1.Job) (string, error) {
		if Ended(job) {
			return "", nil
		}
		job.State, job.EndTime, job.NotBeforeTime = endings[ending], timestamppb.New(b.now()), nil
		job.Problem, job.Progress = problem.message(), progress.message()
		if found != nil {
			job.Verification = b.verification(run, *found)
		}
		return "job-ended", nil
	})
	return fault.Wrap("end verification", err)
}

// Cancel notes that a job is to end: one that waits is ended by the caller, one that runs by its
// worker.
func (b *Book) Cancel(ctx context.Context, connection m365.ConnectionID, id string, origin state.Origin) (Job, error) {
	job, err := b.jobs.Update(ctx, connection, id, origin, func(job *backupv1.Job) (string, error) {
		if Ended(job) || job.GetCancelRequested() {
			return "", nil
		}
		job.CancelRequested = true
		return "job-cancelling", nil
	})
	return job, notThere(err, "job "+id, "JOB_NOT_FOUND", "list the jobs: tenantkeep job list")
}
