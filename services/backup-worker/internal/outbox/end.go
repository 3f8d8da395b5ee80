package outbox

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// Pause says why a job goes back to wait.
type Pause struct {
	Until    time.Time       // zero for at once
	Failed   bool            // it counts as a failure
	Problem  *typev1.Problem // what it waits for to pass; nil if nothing is wrong
	Progress *backupv1.Progress
}

// Postpone gives a backup's lease back and lets its job wait.
func (b *Book) Postpone(ctx context.Context, run Run, pause Pause) error {
	return b.release(ctx, run, func(resource *backupv1.Resource, job *backupv1.Job) (string, string) {
		b.waiting(job, pause)
		return "backup-postponed", "job-queued"
	})
}

// PostponeVerify lets the job of a verification wait.
func (b *Book) PostponeVerify(ctx context.Context, run Run, pause Pause) error {
	_, err := b.jobs.Update(ctx, run.Connection, run.ID, byItself("job", run.ID), func(job *backupv1.Job) (string, error) {
		b.waiting(job, pause)
		return "job-queued", nil
	})
	return fault.Wrap("postpone verification", err)
}

func (b *Book) waiting(job *backupv1.Job, pause Pause) {
	job.State, job.Problem, job.NotBeforeTime = backupv1.JobState_JOB_STATE_QUEUED, pause.Problem, nil
	if pause.Progress != nil {
		job.Progress = pause.Progress
	}
	if !pause.Until.IsZero() {
		job.NotBeforeTime = timestamppb.New(pause.Until)
	}
	if pause.Failed {
		job.Failures++
	}
}

// End reports how a backup ended: the lease is given back, the result noted and the job closed, all
// or nothing. If another backup was asked for meanwhile it says so, and the caller requests it.
func (b *Book) End(ctx context.Context, run Run, result *backupv1.BackupResult, vaultSequence uint64, progress *backupv1.Progress) (again, full bool, err error) {
	err = b.release(ctx, run, func(resource *backupv1.Resource, job *backupv1.Job) (string, string) {
		again, full = resource.GetDirty(), resource.GetDirtyFull()
		return b.finish(resource, job, result, vaultSequence, progress), "job-ended"
	})
	return again, full, err
}

// finish writes a result into both entities and names the fact.
func (b *Book) finish(resource *backupv1.Resource, job *backupv1.Job, result *backupv1.BackupResult, vaultSequence uint64, progress *backupv1.Progress) string {
	resource.Dirty, resource.DirtyFull = false, false
	resource.Backups++
	resource.LastBackup = result
	resource.VaultSequence = max(resource.GetVaultSequence(), int64(vaultSequence))
	job.EndTime, job.Backup, job.Problem, job.NotBeforeTime = result.GetEndTime(), result, result.GetProblem(), nil
	if progress != nil {
		job.Progress = progress
	}
	switch result.GetOutcome() {
	case backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE:
		job.State, resource.LastSuccess = backupv1.JobState_JOB_STATE_SUCCEEDED, result
		return "backup-completed"
	case backupv1.BackupOutcome_BACKUP_OUTCOME_PARTIAL:
		job.State, resource.LastSuccess = backupv1.JobState_JOB_STATE_PARTIAL, result
		return "backup-completed"
	case backupv1.BackupOutcome_BACKUP_OUTCOME_CANCELLED:
		job.State = backupv1.JobState_JOB_STATE_CANCELLED
		return "backup-cancelled"
	default:
		job.State = backupv1.JobState_JOB_STATE_FAILED
		return "backup-failed"
	}
}

// release ends a lease. edit changes both entities and names their facts.
func (b *Book) release(ctx context.Context, run Run, edit func(*backupv1.Resource, *backupv1.Job) (resourceFact, jobFact string)) error {
	_, err := b.resources.Decide(ctx, run.Connection, string(run.ResourceID()), byItself("job", run.ID), func(resource Resource) (state.Decision, error) {
		if lease := resource.Value.GetLease(); lease.GetEpoch() != run.epoch || lease.GetJob() != run.Job.GetName() {
			return state.Decision{}, leaseLost()
		}
		job, err := b.jobs.Get(ctx, run.Connection, run.ID)
		if err != nil {
			return state.Decision{}, err
		}
		resource.Value.Lease = nil
		resourceFact, jobFact := edit(resource.Value, job.Value)
		change, err := b.jobs.Change(job, jobFact, byItself("job", run.ID))
		return state.Decision{Fact: resourceFact, Also: []state.Change{change}}, err
	})
	return fault.Wrap("release lease", err)
}

// leaseLost is no Conflict: it would be decided again, and a lost lease stays lost.
func leaseLost() error {
	return fault.New(fault.Precondition, "release lease", "another worker has the lease by now", fault.Reason(LeaseLost))
}

// EndVerify reports what a verification found; a problem means that it could not be done.
func (b *Book) EndVerify(ctx context.Context, run Run, found *backupv1.Verification, problem *typev1.Problem, ending backupv1.JobState, progress *backupv1.Progress) error {
	_, err := b.jobs.Update(ctx, run.Connection, run.ID, byItself("job", run.ID), func(job *backupv1.Job) (string, error) {
		if Ended(job) {
			return "", nil
		}
		job.State, job.EndTime, job.Verification, job.Problem, job.NotBeforeTime = ending, timestamppb.New(b.now()), found, problem, nil
		if progress != nil {
			job.Progress = progress
		}
		return "job-ended", nil
	})
	return fault.Wrap("end verification", err)
}

// Cancel notes that a job is to end. One that waits ends at once; one that runs ends at its next
// checkpoint, and the job is returned as it is.
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
