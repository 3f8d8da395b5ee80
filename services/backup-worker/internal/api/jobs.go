package api

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// anyConnection stands for the connection of a job whose id is all that a caller knows; ids of jobs are
// unique (https://google.aip.dev/159).
const anyConnection m365.ConnectionID = "-"

// GetJob reads a job of any kind.
func (s jobService) GetJob(_ context.Context, request *backupv1.GetJobRequest) (*backupv1.GetJobResponse, error) {
	connection, id, err := names.ParseJob(request.GetName())
	if err != nil {
		return nil, err
	}
	if connection == anyConnection {
		connection = s.connectionOf(id)
	}
	job, err := s.find(connection, id)
	return &backupv1.GetJobResponse{Job: job}, err
}

// connectionOf is where a job is; any if it is not.
func (a *API) connectionOf(id string) m365.ConnectionID {
	for job := range a.views.Jobs.All("") {
		if job.Key.ID == id {
			return job.Key.Connection
		}
	}
	for restore := range a.views.Restores.All("") {
		if restore.Key.ID == id {
			return restore.Key.Connection
		}
	}
	return anyConnection
}

// find looks for a job among this service's and among the restores.
func (a *API) find(connection m365.ConnectionID, id string) (*backupv1.Job, error) {
	if job, known := a.views.Jobs.Get(connection, id); known {
		return job.Value, nil
	}
	if restore, known := a.views.Restores.Get(connection, id); known {
		return jobOf(connection, id, restore.Value), nil
	}
	return nil, fault.New(fault.NotFound, "find job "+id, "there is none", fault.Reason("JOB_NOT_FOUND"), fault.Next("list the jobs: tenantkeep job list"))
}

// CancelJob asks for the end of a job. One that waits ends at once.
func (s jobService) CancelJob(ctx context.Context, request *backupv1.CancelJobRequest) (*backupv1.CancelJobResponse, error) {
	connection, id, err := names.ParseJob(request.GetName())
	if err != nil {
		return nil, err
	}
	if _, own := s.views.Jobs.Get(connection, id); !own {
		if _, known := s.views.Restores.Get(connection, id); known {
			restore, err := s.restores.Cancel(ctx, connection, id)
			return &backupv1.CancelJobResponse{Job: jobOf(connection, id, restore)}, err
		}
	}
	job, err := s.book.Cancel(ctx, connection, id, command(ctx))
	if err != nil {
		return nil, err
	}
	switch {
	case outbox.Ended(job.Value):
	case job.Value.GetAfterJob() != "": // it is not in the queue yet
		job, err = s.book.EndWaiting(ctx, connection, id, nil, command(ctx))
	default:
		job, err = s.stop(ctx, connection, id, job)
	}
	if err != nil {
		return nil, err
	}
	return &backupv1.CancelJobResponse{Job: job.Value}, s.views.Jobs.WaitFor(ctx, job.Sequence)
}

// stop ends a job that waits, or tells its worker. A job whose worker is being changed is in
// neither place for a moment; the next worker sees the wish in its state.
func (s jobService) stop(ctx context.Context, connection m365.ConnectionID, id string, job outbox.Job) (outbox.Job, error) {
	_, resource, err := names.ParseResource(job.Value.GetResource())
	if err != nil {
		return job, err
	}
	_, err = s.queue.Cancel(ctx, jobs.Job{ID: id, Class: jobs.Class(job.Value.GetQueue()), Connection: connection, Resource: string(resource)})
	if err != nil {
		return job, fault.Wrap("cancel job", err)
	}
	if job.Value.GetState() != backupv1.JobState_JOB_STATE_QUEUED {
		return job, nil
	}
	return s.book.EndWaiting(ctx, connection, id, nil, command(ctx))
}
