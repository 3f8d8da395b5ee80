package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// answerTimeout is how long a worker has to say that it has the job.
const answerTimeout = time.Second

// Cancel ends a job. It returns true if the job was waiting, in the queue or put off: it will not run,
// and the caller records its end. It returns false if the job runs, and then its context ends with
// ErrCancelled and its handler records the end; or if the job is over. The word to the worker may be lost
// with its connection: note the wish in the job's state too, where the handler looks at its next
// checkpoint.
func (q *Queue) Cancel(ctx context.Context, job Job) (waiting bool, err error) {
	if err := job.check(); err != nil {
		return false, err
	}
	running, err := q.tellWorker(ctx, job)
	if err != nil || running {
		return false, err
	}
	queued, err := q.dequeue(ctx, job)
	if err != nil {
		return false, err
	}
	putOff, err := q.unschedule(ctx, job)
	if err != nil {
		return false, err
	}
	if !queued { // it may have been on its way from the one into the other
		if queued, err = q.dequeue(ctx, job); err != nil {
			return false, err
		}
	}
	running, err = q.tellWorker(ctx, job) // or a worker took it meanwhile
	return (queued || putOff) && !running, err
}

// tellWorker tells the worker that runs the job, if there is one.
func (q *Queue) tellWorker(ctx context.Context, job Job) (running bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_, err = q.js.Conn().RequestWithContext(ctx, cancelSubject(job.ID), nil)
	if errors.Is(err, nats.ErrNoResponders) {
		return false, nil
	}
	return err == nil, fault.As(fault.Transient, "cancel job", err)
}

func (q *Queue) dequeue(ctx context.Context, job Job) (bool, error) {
	found, sequence, err := q.waiting(ctx, job.subject())
	if err != nil || sequence == 0 || found.ID != job.ID {
		return false, err
	}
	stream, err := q.js.Stream(ctx, bus.StreamJobs)
	if err == nil {
		err = stream.DeleteMsg(ctx, sequence)
	}
	return gone(err)
}

func (q *Queue) unschedule(ctx context.Context, job Job) (bool, error) {
	stream, err := q.js.Stream(ctx, bus.StreamRetries)
	if err != nil {
		return gone(err)
	}
	found := false
	for _, root := range []string{bus.RootRetries, bus.RootAgain} {
		message, err := stream.GetLastMsgForSubject(ctx, job.retrySubject(root))
		if err == nil {
			err = stream.DeleteMsg(ctx, message.Sequence)
		}
		deleted, err := gone(err)
		if err != nil {
			return false, err
		}
		found = found || deleted
	}
	return found, nil
}

// codeNoSequence is the server's answer to the deletion of what is not there.
const codeNoSequence = 10043

// gone tells whether a deletion found something to delete.
func gone(err error) (bool, error) {
	api := (*jetstream.APIError)(nil)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, jetstream.ErrMsgNotFound), errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful),
		errors.As(err, &api) && (api.ErrorCode == codeNoSequence || api.ErrorCode == jetstream.JSErrCodeMessageNotFound):
		return false, nil
	default:
		return false, fault.As(fault.Transient, "cancel job", err)
	}
}
