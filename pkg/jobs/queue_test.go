package jobs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
)

func TestOneJobPerResourceAndClass(t *testing.T) {
	y := setUp(t)
	release := make(chan struct{})
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.enqueue(job("j1", "r1", jobs.Scheduled), true) // the same once more, as after a lost acknowledgement
	y.enqueue(job("j2", "r1", jobs.Scheduled), false)
	y.enqueue(job("j3", "r1", jobs.Interactive), true)
	y.enqueue(job("j4", "r2", jobs.Scheduled), true)
	y.until("two queued", func() bool { // the server counts a moment after it has stored
		queued, running, err := y.queue.Depth(y.ctx, jobs.Scheduled)
		return queued == 2 && running == 0 && err == nil
	})

	crew := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error { <-release; return nil })
	run := y.next(crew)
	if run.Job.ID != "j1" || string(run.Job.Arguments) != "args of j1" || run.Attempt() != 1 || run.Delivery != 1 || run.Job.Created.IsZero() {
		t.Errorf("run %+v", run.Job)
	}
	y.enqueue(job("j5", "r1", jobs.Scheduled), false) // running
	close(release)
	y.next(crew)
	y.until("the place is free", func() bool {
		queued, err := y.queue.Enqueue(y.ctx, job("j6", "r1", jobs.Scheduled))
		return queued && err == nil
	})
}

func TestRefusesWhatIsNoJob(t *testing.T) {
	y := setUp(t)
	for _, bad := range []jobs.Job{
		job("", "r1", jobs.Scheduled), job("j1", "", jobs.Scheduled), job("j1", "a.b", jobs.Scheduled), job("j1", "r1", "urgent"),
	} {
		if _, err := y.queue.Enqueue(y.ctx, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestHeartbeatKeepsALongJob(t *testing.T) {
	y := setUp(t)
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	long := time.NewTimer(3 * ackWait)
	crew := y.work(y.queue, jobs.Scheduled, func(ctx context.Context, _ *jobs.Run) error {
		select {
		case <-long.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	y.next(crew)
	y.untilEmpty()
	if len(crew.begun) > 0 {
		t.Error("the job was delivered twice")
	}
}

// A worker that is cut off gives up before the server gives its job away, and its late success does not end
// the work of the one that has the job now.
func TestWorkerThatIsCutOffLosesItsJob(t *testing.T) {
	y := setUp(t)
	link := y.server.Link()
	lost, finish := make(chan error, 1), make(chan struct{})
	cutOff := y.work(y.over(link.Connect()), jobs.Scheduled, func(ctx context.Context, _ *jobs.Run) error {
		<-ctx.Done()
		lost <- context.Cause(ctx)
		<-finish
		return nil
	})
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.next(cutOff)
	link.Sever()
	began := time.Now()
	if err := receive(y, lost); !errors.Is(err, jobs.ErrLost) || time.Since(began) > ackWait {
		t.Errorf("ended after %v with %v", time.Since(began), err)
	}

	other := make(chan struct{})
	present := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error { <-other; return nil })
	if run := y.next(present); run.Delivery != 2 {
		t.Errorf("delivery %d", run.Delivery)
	}
	link.Mend()
	close(finish)
	cutOff.stop()
	y.enqueue(job("j2", "r1", jobs.Scheduled), false) // still in its place
	close(other)
	y.untilEmpty()
}

func TestShutdownHandsBack(t *testing.T) {
	y := setUp(t)
	causes := make(chan error, 1)
	leaving := y.work(y.queue, jobs.Scheduled, func(ctx context.Context, _ *jobs.Run) error {
		<-ctx.Done()
		causes <- context.Cause(ctx)
		return fault.As(fault.Transient, "read page", ctx.Err())
	})
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.next(leaving)
	began := time.Now()
	leaving.stop()
	if cause := receive(y, causes); !errors.Is(cause, jobs.ErrDraining) {
		t.Errorf("cause %v", cause)
	}
	run := y.next(y.work(y.queue, jobs.Scheduled, succeed))
	if waited := time.Since(began); waited >= ackWait || run.Attempt() != 1 {
		t.Errorf("handed back after %v as attempt %d", waited, run.Attempt())
	}
	y.untilEmpty()
}

func TestQueueOutlivesTheServer(t *testing.T) {
	y := setUp(t)
	y.tend()
	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	failing := true
	crew := y.work(y.queue, jobs.Scheduled, func(context.Context, *jobs.Run) error {
		if failing {
			failing = false
			return jobs.Later(ackWait, errOutage)
		}
		return nil
	})
	y.next(crew)
	y.untilEmpty()
	y.enqueue(job("j2", "r2", jobs.Interactive), true)
	y.server.Restart()
	if run := y.next(crew); run.Job.ID != "j1" {
		t.Errorf("%s came back", run.Job.ID)
	}
	if run := y.next(y.work(y.queue, jobs.Interactive, succeed)); run.Job.ID != "j2" {
		t.Errorf("%s was queued", run.Job.ID)
	}
	y.untilEmpty()
}

// One trace spans who queued the job and every try of it.
func TestTraceFollowsTheJob(t *testing.T) {
	y := setUp(t)
	y.tend()
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{5}, SpanID: trace.SpanID{6}, TraceFlags: trace.FlagsSampled})
	if _, err := y.queue.Enqueue(trace.ContextWithSpanContext(y.ctx, parent), job("j1", "r1", jobs.Scheduled)); err != nil {
		t.Fatal(err)
	}
	traces := make(chan trace.TraceID, 3)
	crew := y.work(y.queue, jobs.Scheduled, func(ctx context.Context, run *jobs.Run) error {
		traces <- trace.SpanContextFromContext(ctx).TraceID()
		if run.Attempt() == 1 {
			return fault.As(fault.Transient, "read", errOutage)
		}
		return nil
	})
	for range 2 {
		y.next(crew)
		if got := receive(y, traces); got != parent.TraceID() {
			t.Errorf("trace %v", got)
		}
	}
}

func TestProgress(t *testing.T) {
	y := setUp(t)
	reports := make(chan string, 10)
	watching, stop := context.WithCancel(y.ctx)
	ended := make(chan error, 1)
	go func() { ended <- y.queue.Watch(watching, "j1", func(data []byte) { reports <- string(data) }) }()
	defer func() { stop(); <-ended }()

	y.enqueue(job("j1", "r1", jobs.Scheduled), true)
	y.work(y.queue, jobs.Scheduled, func(ctx context.Context, run *jobs.Run) error {
		every := time.NewTicker(10 * time.Millisecond)
		defer every.Stop()
		for range 200 { // until the watcher is there
			run.Progress([]byte("half"))
			select {
			case <-every.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	if got := receive(y, reports); got != "half" {
		t.Errorf("report %q", got)
	}
}
