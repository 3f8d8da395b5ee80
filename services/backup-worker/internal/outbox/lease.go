package outbox

import (
	"context"
	"errors"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// LeaseLost is the reason of a report by a worker whose lease somebody else has by now.
const LeaseLost = "LEASE_LOST"

// ErrNothingToDo says that a job is over, or was never written.
var ErrNothingToDo = fault.New(fault.NotFound, "begin job", "there is nothing to do any more", fault.Reason("JOB_OVER"))

// Run is a job that was begun: what to do, and the right to report on it.
type Run struct {
	Connection m365.ConnectionID
	ID         string // of the job
	Resource   *backupv1.Resource
	Job        *backupv1.Job
	epoch      int64
}

// ResourceID is the resource that is worked on.
func (r Run) ResourceID() m365.ResourceID { return m365.ResourceID(names.Last(r.Resource.GetName())) }

// Job reads a job.
func (b *Book) Job(ctx context.Context, connection m365.ConnectionID, id string) (Job, error) {
	job, err := b.jobs.Get(ctx, connection, id)
	return job, notThere(err, "job "+id, "JOB_NOT_FOUND", "list the jobs: tenantkeep job list")
}

// Begin begins a backup that came from the queue: the lease is taken and the attempt is counted. A
// lease that the same job has already is taken over, since the queue gives a job to a second worker
// only if the first is gone. fault.Conflict: another job is at work on the resource.
func (b *Book) Begin(ctx context.Context, connection m365.ConnectionID, id, owner string) (Run, error) {
	waiting, err := b.jobs.Get(ctx, connection, id)
	if fault.Is(err, fault.NotFound) || err == nil && Ended(waiting.Value) {
		return Run{}, ErrNothingToDo
	}
	if err != nil {
		return Run{}, fault.Wrap("begin backup", err)
	}
	run := Run{Connection: connection, ID: id}
	_, resource, err := names.ParseResource(waiting.Value.GetResource())
	if err != nil {
		return Run{}, err
	}
	_, err = b.resources.Decide(ctx, connection, string(resource), byItself("job", id), func(entity Resource) (state.Decision, error) {
		if err := b.free(ctx, entity.Value.GetLease(), waiting.Value.GetName()); err != nil {
			return state.Decision{}, err
		}
		job, err := b.jobs.Get(ctx, connection, id)
		if err != nil || Ended(job.Value) {
			return state.Decision{}, errors.Join(err, ErrNothingToDo)
		}
		entity.Value.Epoch++
		entity.Value.Lease = &backupv1.Lease{Job: job.Value.GetName(), Owner: owner, Epoch: entity.Value.GetEpoch(), StartTime: timestamppb.New(b.now())}
		change, err := b.started(job, id)
		run.Resource, run.Job, run.epoch = entity.Value, job.Value, entity.Value.GetEpoch()
		return state.Decision{Fact: "backup-started", Also: []state.Change{change}}, err
	})
	return run, fault.Wrap("begin backup", err)
}

// free refuses a lease that a job has which is not over.
func (b *Book) free(ctx context.Context, lease *backupv1.Lease, job string) error {
	if lease == nil || lease.GetJob() == job {
		return nil
	}
	connection, id, err := names.ParseJob(lease.GetJob())
	if err != nil {
		return err
	}
	holder, err := b.jobs.Get(ctx, connection, id)
	if fault.Is(err, fault.NotFound) || err == nil && Ended(holder.Value) {
		return nil
	}
	if err != nil {
		return err
	}
	return fault.New(fault.Precondition, "take lease", "another job is at work on the resource", fault.Reason("RESOURCE_BUSY"),
		fault.Next("wait until job "+lease.GetJob()+" has ended"))
}

func (b *Book) started(job Job, id string) (state.Change, error) {
	job.Value.State = backupv1.JobState_JOB_STATE_RUNNING
	job.Value.Attempts++
	job.Value.NotBeforeTime = nil
	if job.Value.GetStartTime() == nil {
		job.Value.StartTime = timestamppb.New(b.now())
	}
	return b.jobs.Change(job, "job-started", byItself("job", id))
}

// BeginVerify begins a verification; it reads only and needs no lease.
func (b *Book) BeginVerify(ctx context.Context, connection m365.ConnectionID, id string) (Run, error) {
	job, err := b.jobs.Decide(ctx, connection, id, byItself("job", id), func(job Job) (state.Decision, error) {
		if Ended(job.Value) {
			return state.Decision{}, ErrNothingToDo
		}
		_, err := b.started(job, id)
		return state.Decision{Fact: "job-started"}, err
	})
	if fault.Is(err, fault.NotFound) {
		return Run{}, ErrNothingToDo
	}
	if err != nil {
		return Run{}, fault.Wrap("begin verification", err)
	}
	connection, id2, err := names.ParseResource(job.Value.GetResource())
	if err != nil {
		return Run{}, err
	}
	resource, err := b.Resource(ctx, connection, id2)
	return Run{Connection: connection, ID: id, Resource: resource.Value, Job: job.Value}, err
}
