package outbox

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// EndWaiting ends a job that no worker has begun, or that no worker will ever end: as failed if
// there is a problem, else as cancelled.
func (b *Book) EndWaiting(ctx context.Context, connection m365.ConnectionID, id string, problem *typev1.Problem, origin state.Origin) (Job, error) {
	job, err := b.Job(ctx, connection, id)
	switch {
	case err != nil || Ended(job.Value):
		return job, err
	case job.Value.GetKind() == backupv1.JobKind_JOB_KIND_BACKUP:
		err = b.endWaitingBackup(ctx, job, problem, origin)
	default:
		ending := backupv1.JobState_JOB_STATE_CANCELLED
		if problem != nil {
			ending = backupv1.JobState_JOB_STATE_FAILED
		}
		err = b.EndVerify(ctx, Run{Connection: connection, ID: id}, nil, problem, ending, nil)
	}
	if err != nil {
		return Job{}, fault.Wrap("end job", err)
	}
	return b.Job(ctx, connection, id)
}

func (b *Book) endWaitingBackup(ctx context.Context, waiting Job, problem *typev1.Problem, origin state.Origin) error {
	connection, resource, err := names.ParseResource(waiting.Value.GetResource())
	if err != nil {
		return err
	}
	_, err = b.resources.Decide(ctx, connection, string(resource), origin, func(entity Resource) (state.Decision, error) {
		job, err := b.Job(ctx, connection, waiting.Key.ID)
		if err != nil || Ended(job.Value) {
			return state.Decision{}, err
		}
		now := timestamppb.New(b.now())
		result := &backupv1.BackupResult{
			Job: job.Value.GetName(), Outcome: backupv1.BackupOutcome_BACKUP_OUTCOME_CANCELLED, Full: job.Value.GetFull(),
			StartTime: now, EndTime: now, Problem: problem,
		}
		if problem != nil {
			result.Outcome = backupv1.BackupOutcome_BACKUP_OUTCOME_FAILED
		}
		if entity.Value.GetLease().GetJob() == job.Value.GetName() {
			entity.Value.Lease = nil
		}
		fact := b.finish(entity.Value, job.Value, result, 0, nil)
		change, err := b.jobs.Change(job, "job-ended", origin)
		return state.Decision{Fact: fact, Also: []state.Change{change}}, err
	})
	return err
}
