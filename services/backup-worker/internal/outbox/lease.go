package outbox

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Reasons of faults that workers branch on.
const (
	LeaseLost    = "LEASE_LOST"    // Precondition: somebody else has the lease by now; report nothing
	ResourceBusy = "RESOURCE_BUSY" // Precondition: another job is at work on the resource; come again
)

// ErrNothingToDo says that a job is over, or was never written.
var ErrNothingToDo = fault.New(fault.NotFound, "begin job", "there is nothing to do any more", fault.Reason("JOB_OVER"))

// Job reads a job.
func (b *Book) Job(ctx context.Context, connection m365.ConnectionID, id string) (Job, error) {
	job, err := b.jobs.Get(ctx, connection, id)
	return job, notThere(err, "job "+id, "JOB_NOT_FOUND", "list the jobs: tenantkeep job list")
}

// toDo reads a job that has not ended.
func (b *Book) toDo(ctx context.Context, connection m365.ConnectionID, id string) (Job, error) {
	job, err := b.jobs.Get(ctx, connection, id)
	if fault.Is(err, fault.NotFound) || err == nil && Ended(job.Value) {
		return Job{}, ErrNothingToDo
	}
	return job, err
}

// Begin begins a backup that came from the queue: the lease is taken and the attempt is counted. A
// lease that the same job has already is taken over, since the queue gives a job to a second worker
// only if the first is gone.
func (b *Book) Begin(ctx context.Context, connection m365.ConnectionID, id, owner string) (Run, error) {
	const op = "begin backup"
	waiting, err := b.toDo(ctx, connection, id)
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	_, resource, err := names.ParseResource(waiting.Value.GetResource())
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	var job Job
	leased, err := b.resources.Decide(ctx, connection, string(resource), byItself("job", id), func(entity Resource) (state.Decision, error) {
		if err := b.free(ctx, entity.Value.GetLease(), waiting.Value.GetName()); err != nil {
			return state.Decision{}, err
		}
		if job, err = b.toDo(ctx, connection, id); err != nil {
			return state.Decision{}, err
		}
		entity.Value.Epoch++
		entity.Value.Lease = &backupv1.Lease{Job: job.Value.GetName(), Owner: owner, Epoch: entity.Value.GetEpoch(), StartTime: timestamppb.New(b.now())}
		b.start(job.Value)
		change, err := b.jobs.Change(job, "job-started", byItself("job", id))
		return state.Decision{Fact: "backup-started", Also: []state.Change{change}}, err
	})
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	run, err := b.runOf(ctx, job, leased)
	return run, fault.Wrap(op, err)
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
	if _, err := b.toDo(ctx, connection, id); fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	return fault.New(fault.Precondition, "take lease", "another job is at work on the resource", fault.Reason(ResourceBusy),
		fault.Next("wait until job "+lease.GetJob()+" has ended"))
}

func (b *Book) start(job *backupv1.Job) {
	job.State, job.NotBeforeTime = backupv1.JobState_JOB_STATE_RUNNING, nil
	job.Attempts++
	if job.GetStartTime() == nil {
		job.StartTime = timestamppb.New(b.now())
	}
}

// BeginVerify begins a verification; it reads only and needs no lease.
func (b *Book) BeginVerify(ctx context.Context, connection m365.ConnectionID, id string) (Run, error) {
	const op = "begin verification"
	job, err := b.jobs.Update(ctx, connection, id, byItself("job", id), func(job *backupv1.Job) (string, error) {
		if Ended(job) {
			return "", ErrNothingToDo
		}
		b.start(job)
		return "job-started", nil
	})
	if fault.Is(err, fault.NotFound) {
		return Run{}, ErrNothingToDo
	}
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	_, id2, err := names.ParseResource(job.Value.GetResource())
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	resource, err := b.Resource(ctx, connection, id2)
	if err != nil {
		return Run{}, fault.Wrap(op, err)
	}
	run, err := b.runOf(ctx, job, resource)
	return run, fault.Wrap(op, err)
}
