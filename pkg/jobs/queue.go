package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Config of a queue. The zero value works.
type Config struct {
	AckWait     time.Duration                   // the same as in bus.Config; default 30 s
	MaxAttempts int                             // tries of one job before it becomes a dead letter; default 10
	Backoff     func(attempt int) time.Duration // wait after that many failed tries (from 1); default bus.Backoff from 2 s on
	Logger      *slog.Logger                    // default slog.Default()
}

// Queue is the stream JOBS with what belongs to it. It may be used by many goroutines.
type Queue struct {
	js     jetstream.JetStream
	config Config
	log    *slog.Logger
}

// New returns the queue of a bootstrapped server.
func New(js jetstream.JetStream, config Config) *Queue {
	if config.AckWait == 0 {
		config.AckWait = 30 * time.Second
	}
	if config.MaxAttempts == 0 {
		config.MaxAttempts = 10
	}
	if config.Backoff == nil {
		config.Backoff = backoff
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	return &Queue{js: js, config: config, log: config.Logger}
}

// backoff begins at 2 s: work on a resource is dear, and what hinders it seldom goes away sooner.
func backoff(attempt int) time.Duration { return bus.Backoff(attempt + 3) }

// Enqueue puts a job into its place. It returns false if the place is taken: a job of this class is queued
// or running on the resource. Repeating it after an error is safe.
func (q *Queue) Enqueue(ctx context.Context, job Job) (queued bool, err error) {
	if err := job.check(); err != nil {
		return false, err
	}
	if job.Created.IsZero() {
		job.Created = time.Now().UTC()
	}
	ctx, span := bus.Tracer().Start(ctx, "send "+spanName, trace.WithSpanKind(trace.SpanKindProducer))
	defer span.End()
	data, err := job.encode()
	if err != nil {
		return false, fault.As(fault.Internal, "enqueue", err)
	}
	message := &nats.Msg{Subject: job.subject(), Data: data, Header: nats.Header{}}
	message.Header[jetstream.MsgIDHeader] = []string{job.ID + "/" + strconv.Itoa(job.Turn)}
	bus.Inject(ctx, message.Header)
	err = publish(ctx, q.js, message)
	if isTaken(err) {
		return false, nil
	}
	return err == nil, fault.Wrap("enqueue", err)
}

const spanName = "jobs.{class}.{connection}.{resource}"

// publish sends a message until the server says what became of it; its id keeps a repetition from
// being stored.
func publish(ctx context.Context, js jetstream.JetStream, message *nats.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, publishTimeout)
		_, err := js.PublishMsg(attempt, message)
		done()
		if api := (*jetstream.APIError)(nil); err == nil || errors.As(err, &api) && api.Code < 500 || isTaken(err) {
			return fault.As(fault.Invalid, "publish", err)
		}
		if bus.Pause(ctx, publishPause) != nil {
			return fault.As(fault.Transient, "publish", err, fault.Next("check that the nats-server runs and that this service may use it"))
		}
	}
}

const (
	publishPatience = 20 * time.Second
	publishTimeout  = 3 * time.Second
	publishPause    = 100 * time.Millisecond
)

// codeStoreFailed is the server's code for several reasons not to store; the text tells which.
const codeStoreFailed = 10077

func isTaken(err error) bool {
	api := (*jetstream.APIError)(nil)
	return errors.As(err, &api) && api.ErrorCode == codeStoreFailed && strings.Contains(api.Description, "per subject")
}

// Depth is how many jobs of a class wait, and how many are with workers.
func (q *Queue) Depth(ctx context.Context, class Class) (queued, running int, err error) {
	consumer, err := q.js.Consumer(ctx, bus.StreamJobs, bus.JobConsumer(string(class)))
	if err != nil {
		return 0, 0, fault.As(fault.Transient, "read queue depth", err)
	}
	info := consumer.CachedInfo()
	return int(info.NumPending), info.NumAckPending, nil
}

// waiting returns the job at a place and its sequence; 0 if the place is free.
func (q *Queue) waiting(ctx context.Context, subject string) (Job, uint64, error) {
	stream, err := q.js.Stream(ctx, bus.StreamJobs)
	if err != nil {
		return Job{}, 0, fault.As(fault.Transient, "look at queue", err)
	}
	message, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Job{}, 0, nil
	}
	if err != nil {
		return Job{}, 0, fault.As(fault.Transient, "look at queue", err)
	}
	var job Job
	_ = json.Unmarshal(message.Data, &job) // what cannot be read has no id, and matches nothing
	return job, message.Sequence, nil
}
