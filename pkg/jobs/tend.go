package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Tend keeps the queue in order until ctx ends: jobs that were put off come back, and jobs that were
// delivered too often become dead letters. Several processes may do it at once; one must.
func (q *Queue) Tend(ctx context.Context) error {
	var group sync.WaitGroup
	group.Go(func() { q.serve(ctx, bus.StreamRetries, bus.ConsumerRetries, q.comeBack) })
	group.Go(func() { q.serve(ctx, bus.StreamAdvisories, bus.ConsumerFuse, q.blow) })
	group.Wait()
	return nil
}

func (q *Queue) serve(ctx context.Context, stream, consumer string, process func(context.Context, jetstream.Msg)) {
	bus.Serve(ctx, bus.Serving{
		Open:     func(ctx context.Context) (jetstream.Consumer, error) { return q.js.Consumer(ctx, stream, consumer) },
		Parallel: 1, Logger: q.log.With("consumer", consumer),
	}, process)
}

// blow takes a job out that was delivered too often. The server delivers it no more but leaves it where it
// is, and there it would keep its resource from ever being worked on again.
func (q *Queue) blow(ctx context.Context, message jetstream.Msg) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), q.config.AckWait)
	defer cancel()
	var advisory struct {
		Consumer   string `json:"consumer"`
		Sequence   uint64 `json:"stream_seq"`
		Deliveries int    `json:"deliveries"`
	}
	if err := json.Unmarshal(message.Data(), &advisory); err != nil {
		_ = message.TermWithReason("no advisory") // else it comes again and goes then
		return
	}
	if err := q.takeOut(ctx, advisory.Consumer, advisory.Sequence, advisory.Deliveries); err != nil {
		q.log.Warn("a job that crashes its workers could not be taken out yet", "sequence", advisory.Sequence, "error", err)
		_ = message.NakWithDelay(placeTaken)
		return
	}
	_ = message.Ack() // else it comes again and finds nothing to do
}

func (q *Queue) takeOut(ctx context.Context, consumer string, sequence uint64, deliveries int) error {
	stream, err := q.js.Stream(ctx, bus.StreamJobs)
	if err != nil {
		return err
	}
	job, err := stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	cause := fault.New(fault.Internal, "run job", "ended "+strconv.Itoa(deliveries)+" workers or was never settled by one",
		fault.Reason("DELIVERED_TOO_OFTEN"), fault.Next("find out from the workers' logs why, then release or forget the dead letter"))
	letter := bus.DeadLetter{Consumer: consumer, Stream: bus.StreamJobs, Subject: job.Subject, Origin: sequence, Header: job.Header, Data: job.Data}
	if err := bus.Bury(ctx, q.js, letter, cause); err != nil {
		return err
	}
	q.log.Error("job became a dead letter", "subject", job.Subject, "deliveries", deliveries)
	return stream.DeleteMsg(ctx, sequence)
}

// DeadLetter is a job that is not tried any more.
type DeadLetter struct {
	bus.DeadLetter
	Job Job
}

// DeadLetters lists the jobs that are not tried any more, oldest first.
func (q *Queue) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	var letters []DeadLetter
	err := bus.DeadLetters(ctx, q.js, "", func(letter bus.DeadLetter) error {
		if letter.Stream != bus.StreamJobs {
			return nil
		}
		job, _ := decode(letter.Data) // a message that was no job is listed too
		letters = append(letters, DeadLetter{DeadLetter: letter, Job: job})
		return nil
	})
	return letters, fault.Wrap("list dead letters", err)
}

// Release gives a job that was given up another series of attempts, and takes its dead letter away.
// fault.Conflict if its place in the queue is taken.
func (q *Queue) Release(ctx context.Context, sequence uint64) error {
	letter, err := bus.DeadLetterAt(ctx, q.js, sequence)
	if err != nil {
		return err
	}
	job, err := decode(letter.Data)
	if err != nil {
		return err
	}
	job.Attempt, job.Turn = 0, job.Turn+1
	queued, err := q.Enqueue(ctx, job)
	if err != nil {
		return err
	}
	if !queued {
		return fault.New(fault.Conflict, "release dead letter", "the resource has a job of this class", fault.Next("wait until that has ended"))
	}
	return bus.Forget(ctx, q.js, sequence)
}
