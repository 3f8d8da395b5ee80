package outbox

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// EndWaiting ends a job that no worker has begun, or that no worker will ever end: as failed if
// there is a problem, else as cancelled.
func (b *Book) EndWaiting(ctx context.Context, connection m365.ConnectionID, id string, problem *Problem, origin state.Origin) (Job, error) {
	job, err := b.Job(ctx, connection, id)
	if err != nil || Ended(job.Value) {
		return job, err
	}
	ending := Cancelled
	if problem != nil {
		ending = Failed
	}
	if job.Value.GetKind() == backupv1.JobKind_JOB_KIND_BACKUP {
		err = b.endWaitingBackup(ctx, job, Result{Ending: ending, Problem: problem, Full: job.Value.GetFull()}, origin)
	} else {
		err = b.EndVerify(ctx, Run{Connection: connection, ID: id}, ending, nil, problem, Progress{})
	}
	if err != nil {
		return Job{}, fault.Wrap("end job", err)
	}
	return b.Job(ctx, connection, id)
}

func (b *Book) endWaitingBackup(ctx context.Context, waiting Job, result Result, origin state.Origin) error {
	connection, resource, err := names.ParseResource(waiting.Value.GetResource())
	if err != nil {
		return err
	}
	_, err = b.resources.Decide(ctx, connection, string(resource), origin, func(entity Resource) (state.Decision, error) {
		job, err := b.Job(ctx, connection, waiting.Key.ID)
		if err != nil || Ended(job.Value) {
			return state.Decision{}, err
		}
		run := Run{ID: job.Key.ID, Connection: connection, Resource: resource, Started: b.now()}
		decision, err := b.endUnbegun(ctx, entity, job.Value, run, result)
		if err != nil {
			return state.Decision{}, err
		}
		change, err := b.jobs.Change(job, "job-ended", origin)
		decision.Also = append(decision.Also, change)
		return decision, err
	})
	return err
}

// endUnbegun ends a job in its resource. One that would have followed another leaves no trace there.
func (b *Book) endUnbegun(ctx context.Context, entity Resource, job *backupv1.Job, run Run, result Result) (state.Decision, error) {
	if drop(entity.Value, job) {
		message := b.result(run, result)
		job.State, job.EndTime, job.Backup, job.Problem, job.AfterJob = endings[result.Ending], message.GetEndTime(), message, message.GetProblem(), ""
		return state.Decision{Fact: "resource-updated"}, nil
	}
	if entity.Value.GetLease().GetJob() == job.GetName() {
		entity.Value.Lease = nil
	}
	return b.finish(ctx, entity, job, run, result)
}
