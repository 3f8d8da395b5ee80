package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Handler does the work of one run. Its context ends early for one of three reasons, which
// context.Cause tells: [ErrDraining], [ErrCancelled] or [ErrLost]. The package comment says what its error
// makes of the job.
type Handler func(ctx context.Context, run *Run) error

// Why the context of a run ends.
var (
	// ErrDraining: this process stops. Save what is done and return; another worker goes on.
	ErrDraining = fault.New(fault.Cancelled, "run job", "this process stops", fault.Reason("DRAINING"))
	// ErrCancelled: somebody cancelled the job. Clean up, record the end and return.
	ErrCancelled = fault.New(fault.Cancelled, "run job", "the job was cancelled", fault.Reason("JOB_CANCELLED"))
	// ErrLost: another worker has the job by now, or soon. Write nothing and return.
	ErrLost = fault.New(fault.Cancelled, "run job", "the job was lost to another worker", fault.Reason("JOB_LOST"))
)

// Work runs jobs of a class, n at a time, until ctx ends. Then it takes no more, lets the contexts of
// those that run end with ErrDraining, waits for them and hands them back.
func (q *Queue) Work(ctx context.Context, class Class, n int, handle Handler) error {
	if n < 1 {
		return fault.New(fault.Invalid, "work", "no workers")
	}
	bus.Serve(ctx, bus.Serving{
		Open: func(ctx context.Context) (jetstream.Consumer, error) {
			return q.js.Consumer(ctx, bus.StreamJobs, bus.JobConsumer(string(class)))
		},
		Parallel: n, Logger: q.log.With("class", string(class)),
	}, func(ctx context.Context, message jetstream.Msg) { q.run(ctx, message, handle) })
	return nil
}

// run does one job from delivery to settlement.
func (q *Queue) run(ctx context.Context, message jetstream.Msg, handle Handler) {
	received := time.Now()
	job, err := decode(message.Data())
	meta, metaErr := message.Metadata()
	if err != nil || metaErr != nil {
		q.log.Error("a message in the queue is no job", "subject", message.Subject(), "error", err)
		q.settle(message, &Run{message: message, received: received}, err)
		return
	}
	runCtx, end := context.WithCancelCause(bus.Extract(context.WithoutCancel(ctx), message.Headers()))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { end(ErrDraining) })()

	run := &Run{Job: job, Delivery: int(meta.NumDelivered), message: message, received: received, end: end, queue: q}
	stop := run.keepAlive(runCtx)
	cause := run.call(runCtx, handle)
	stop()
	q.settle(message, run, run.verdict(runCtx, cause))
}

// call runs the handler in the trace of who queued the job. A panic costs this job only.
func (r *Run) call(ctx context.Context, handle Handler) (err error) {
	ctx, span := bus.Tracer().Start(ctx, "process "+spanName, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("messaging.system", "nats"), attribute.String("messaging.destination.template", spanName),
		attribute.String("messaging.consumer.group.name", bus.JobConsumer(string(r.Job.Class))), attribute.String("messaging.message.id", r.Job.ID)))
	defer span.End()
	defer func() {
		if failure := recover(); failure != nil {
			r.queue.log.Error("job panicked", "job", r.Job.ID, "panic", failure, "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "run job", fmt.Sprintf("panic: %v", failure), fault.Reason("PANIC"))
		}
		if err != nil {
			span.RecordError(err)
		}
	}()
	return handle(ctx, r)
}

// verdict replaces the error of a run that ended because its context did by the reason for that.
func (r *Run) verdict(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, ErrLost) || r.overdue() {
		return ErrLost
	}
	if err != nil && (errors.Is(cause, ErrCancelled) || errors.Is(cause, ErrDraining) && fault.Retryable(err)) {
		return cause
	}
	return err
}
