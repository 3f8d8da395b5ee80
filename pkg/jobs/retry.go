package jobs

import (
	"context"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// putOff makes a job come back after a while. The schedule is written before the job leaves the queue;
// if the worker dies between the two the job is there twice, and its place in the queue makes it one.
func (q *Queue) putOff(ctx context.Context, message jetstream.Msg, job Job, after time.Duration) error {
	if err := q.scheduleRetry(bus.Extract(ctx, message.Headers()), job, after); err != nil {
		return err
	}
	return q.done(ctx, message)
}

func (q *Queue) scheduleRetry(ctx context.Context, job Job, after time.Duration) error {
	job.Turn++
	data, err := job.encode()
	if err != nil {
		return fault.As(fault.Internal, "put job off", err)
	}
	message := &nats.Msg{Subject: job.retrySubject(bus.RootRetries), Data: data, Header: nats.Header{}}
	at(message.Header, time.Now().Add(after))
	message.Header[jetstream.ScheduleTargetHeader] = []string{job.retrySubject(bus.RootAgain)}
	message.Header[jetstream.MsgIDHeader] = []string{"retry-" + job.ID + "/" + strconv.Itoa(job.Turn)}
	bus.Inject(ctx, message.Header)
	return publish(ctx, q.js, message)
}

// at sets when a schedule fires. The client's own option cuts the time down to whole seconds, so that it
// fires up to a second too early.
func at(header nats.Header, when time.Time) {
	header[jetstream.ScheduleHeader] = []string{"@at " + when.UTC().Format(time.RFC3339Nano)}
}

// comeBack puts a job that waited long enough into the queue again.
func (q *Queue) comeBack(ctx context.Context, message jetstream.Msg) {
	job, err := decode(message.Data())
	if err != nil {
		_ = message.TermWithReason("no job") // else it comes again and goes then
		return
	}
	ctx, cancel := context.WithTimeout(bus.Extract(context.WithoutCancel(ctx), message.Headers()), q.config.AckWait)
	defer cancel()
	queued, err := q.Enqueue(ctx, job)
	switch {
	case err != nil:
		q.log.Warn("job cannot come back yet", "job", job.ID, "error", err)
		_ = message.NakWithDelay(placeTaken)
	case !queued && job.Class == Restore:
		_ = message.NakWithDelay(placeTaken)
	default:
		_ = message.DoubleAck(ctx) // else it comes again and finds its place taken
	}
}

// placeTaken is how long a restore waits before it looks again whether its place in the queue is free.
const placeTaken = 2 * time.Second
