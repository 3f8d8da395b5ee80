package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// laterError is what [Later] makes.
type laterError struct {
	after time.Duration
	cause error
}

func (e laterError) Error() string { return "later: " + e.cause.Error() }
func (e laterError) Unwrap() error { return e.cause }

// Later is the error of a handler that wants its job back after a while without that being a failure:
// the budget is used up, somebody else is at work on the mailbox.
func Later(after time.Duration, cause error) error { return laterError{after, cause} }

// ErrHandBack is the error of a handler that leaves its job in the queue: whoever is free has it at
// once. It is no attempt, but counts towards the fuse of jobs that kill their workers.
var ErrHandBack = fault.New(fault.Conflict, "run job", "the job was handed back", fault.Reason("HANDED_BACK"))

// settle tells the server what becomes of a job. If that is lost on the way the job comes once more,
// which its handler must bear anyway.
func (q *Queue) settle(message jetstream.Msg, run *Run, cause error) {
	ctx, cancel := context.WithTimeout(context.Background(), q.config.AckWait)
	defer cancel()
	log := q.log.With("job", run.Job.ID, "kind", run.Job.Kind, "class", string(run.Job.Class), "attempt", run.Attempt(), "delivery", run.Delivery)
	var err error
	switch later := (laterError{}); {
	case cause == nil:
		err = q.done(ctx, message)
	case errors.Is(cause, ErrLost):
		log.Warn("job lost to another worker") // its acknowledgement would end the other's work
	case errors.Is(cause, ErrDraining), errors.Is(cause, ErrHandBack):
		log.Info("job handed back")
		err = message.Nak()
	case errors.Is(cause, ErrCancelled):
		log.Info("job cancelled")
		err = message.TermWithReason("cancelled")
	case errors.As(cause, &later):
		log.Info("job put off", "after", later.after, "why", fault.KindOf(later.cause).String())
		err = q.putOff(ctx, message, run.Job, later.after)
	default:
		log.Warn("job failed", "error", cause, "fault", fault.KindOf(cause).String(), "reason", fault.ReasonOf(cause))
		err = q.failed(ctx, message, run.Job, cause)
	}
	if err != nil {
		log.Warn("the end of a job was not reported, it will come again", "error", err)
	}
}

func (q *Queue) failed(ctx context.Context, message jetstream.Msg, job Job, cause error) error {
	switch bus.Settle(cause, 1).Verb {
	case bus.Ack:
		return q.done(ctx, message)
	case bus.Dead:
		return q.bury(ctx, message, cause)
	case bus.Again: // as a further attempt
	}
	job.Attempt++
	if job.Attempt >= q.config.MaxAttempts {
		return q.bury(ctx, message, fault.As(fault.KindOf(cause), "give up", cause, fault.Reason("ATTEMPTS_EXHAUSTED")))
	}
	return q.putOff(ctx, message, job, max(fault.RetryAfterOf(cause), q.config.Backoff(job.Attempt)))
}

// done waits until the server has noted the end, so that the next job may be queued at once.
func (q *Queue) done(ctx context.Context, message jetstream.Msg) error {
	return message.DoubleAck(ctx)
}

// bury leaves a dead letter before the job goes, so that it cannot get lost between the two.
func (q *Queue) bury(ctx context.Context, message jetstream.Msg, cause error) error {
	meta, err := message.Metadata()
	if err != nil {
		return err
	}
	letter := bus.DeadLetter{Consumer: meta.Consumer, Stream: bus.StreamJobs, Subject: message.Subject(), Origin: meta.Sequence.Stream, Header: message.Headers(), Data: message.Data()}
	if err := bus.Bury(ctx, q.js, letter, cause); err != nil {
		return err
	}
	return message.TermWithReason(fault.KindOf(cause).String())
}
