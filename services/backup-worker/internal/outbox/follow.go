package outbox

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// follow returns the job that follows one that has begun. It is written with the resource, so that all
// who ask meanwhile come to the same one.
func (b *Book) follow(ctx context.Context, running Job, request Request) (Job, error) {
	connection, id, err := names.ParseResource(running.Value.GetResource())
	if err != nil {
		return Job{}, err
	}
	leader, err := b.resources.Decide(ctx, connection, string(id), request.Origin, func(resource Resource) (state.Decision, error) {
		if backupID(resource.Value) != running.Key.ID {
			return state.Decision{}, errMeanwhile
		}
		if next, err := b.next(ctx, resource); err != nil || next.Value != nil {
			return state.Decision{}, err
		}
		key := randomID()
		job := b.newBackup(connection, key, resource.Value, request)
		job.AfterJob = running.Value.GetName()
		resource.Value.NextJob, resource.Value.Dirty = job.GetName(), true
		change, err := b.jobs.New(connection, key, "job-queued", job, request.Origin)
		return state.Decision{Fact: "backup-requested", Also: []state.Change{change}}, err
	})
	if err != nil {
		return Job{}, err
	}
	next, err := b.jobs.Get(ctx, connection, names.Last(leader.Value.GetNextJob()))
	if err != nil {
		return Job{}, err
	}
	return b.hurry(ctx, next, request)
}

// next is the job that follows; without a value if there is none, or none that will be done.
func (b *Book) next(ctx context.Context, resource Resource) (Job, error) {
	if resource.Value.GetNextJob() == "" {
		return Job{}, nil
	}
	job, err := b.jobs.Get(ctx, resource.Key.Connection, names.Last(resource.Value.GetNextJob()))
	if fault.Is(err, fault.NotFound) || err == nil && Ended(job.Value) {
		return Job{}, nil
	}
	return job, err
}

// promote makes the job that follows the one that comes next, since the one before has ended. It returns
// what has to be written together with the resource.
func (b *Book) promote(ctx context.Context, resource Resource, origin state.Origin) ([]state.Change, error) {
	next, err := b.next(ctx, resource)
	resource.Value.Job, resource.Value.NextJob, resource.Value.Dirty = next.Value.GetName(), "", false
	if err != nil || next.Value == nil {
		return nil, err
	}
	next.Value.AfterJob = ""
	change, err := b.jobs.Change(next, "job-queued", origin)
	return []state.Change{change}, err
}

// drop takes the job out of the resource if it is the one that would follow, and tells whether it was.
func drop(resource *backupv1.Resource, job *backupv1.Job) bool {
	if resource.GetNextJob() != job.GetName() {
		return false
	}
	resource.NextJob, resource.Dirty = "", false
	return true
}
