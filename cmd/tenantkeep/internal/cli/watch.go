package cli

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/progress"
	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// watchJobs shows jobs until all have ended, and fails as the worst of them did.
func (a *app) watchJobs(ctx context.Context, jobs []*backupv1.Job) error {
	ended, err := a.follow(ctx, jobs)
	if ctx.Err() != nil {
		return fault.New(fault.Cancelled, "watch jobs", "interrupted; the work goes on", fault.Next("see it with: tenantkeep job list, or end it with: tenantkeep job cancel"))
	}
	if err != nil {
		return err
	}
	err = a.printer().Message(&backupv1.ListJobsResponse{Jobs: ended}, func(out io.Writer) {
		for _, job := range ended {
			printEnded(out, job)
		}
	})
	if err != nil {
		return err
	}
	return outcome(ended)
}

// follow shows jobs until all have ended, and returns them as they ended. Progress goes to
// standard error, so that the answer can be piped.
func (a *app) follow(ctx context.Context, jobs []*backupv1.Job) ([]*backupv1.Job, error) {
	service, err := a.jobs()
	if err != nil {
		return nil, err
	}
	board := progress.New(a.err)
	ended := make([]*backupv1.Job, len(jobs))
	group, ctx := errgroup.WithContext(ctx)
	for i, job := range jobs {
		group.Go(func() error {
			var err error
			ended[i], err = followOne(ctx, service, job.GetName(), board)
			return err
		})
	}
	err = group.Wait()
	board.Wait()
	return ended, err
}

// lookAgain is how long to wait before watching again, and appearWithin how long a job that was just
// made may be unknown to the service that lists the jobs of all kinds.
const (
	lookAgain    = 300 * time.Millisecond
	appearWithin = 10 * time.Second
)

func followOne(ctx context.Context, service backupv1.JobServiceClient, name string, board *progress.Board) (*backupv1.Job, error) {
	var last *backupv1.Job
	began := time.Now()
	for {
		err := followStream(ctx, service, name, func(job *backupv1.Job) {
			last = job
			board.Show(job)
		})
		switch {
		case last != nil && progress.Ended(last):
			return last, nil
		case fault.Is(err, fault.NotFound) && time.Since(began) < appearWithin: // another service has to hear of it first
		case !errors.Is(err, io.EOF) && !fault.Is(err, fault.Transient): // those are of a server that restarts: the work goes on
			return last, err
		}
		if err := bus.Pause(ctx, lookAgain); err != nil {
			return last, err
		}
	}
}

// followStream passes every update of a job until the stream ends; it returns why it did.
func followStream(ctx context.Context, service backupv1.JobServiceClient, name string, each func(*backupv1.Job)) error {
	stream, err := service.WatchJob(ctx, &backupv1.WatchJobRequest{Name: name})
	if err != nil {
		return err
	}
	for {
		update, err := stream.Recv()
		if err != nil {
			return err
		}
		each(update.GetJob())
	}
}

// outcome is the error of jobs that have ended: that of the worst.
func outcome(jobs []*backupv1.Job) error {
	partial := false
	for _, job := range jobs {
		switch job.GetState() {
		case backupv1.JobState_JOB_STATE_SUCCEEDED:
		case backupv1.JobState_JOB_STATE_PARTIAL:
			partial = true
		default:
			return fault.New(fault.Internal, progress.Resource(job), "the job "+progress.Text(job), fault.Next(job.GetProblem().GetNext()))
		}
	}
	if partial {
		return errPartial
	}
	return nil
}
