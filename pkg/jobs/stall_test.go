package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
)

// A process that stood still for longer than AckWait has lost its job, though the server answers it: by
// then another worker has the same job. (Seen as a restore that two workers did at a time.)
func TestWorkerThatStoodStillDoesNotAskForItsJobBack(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	const wait = time.Second
	_, js := natstest.Bootstrapped(t, bus.Config{AckWait: wait})
	q := New(js, Config{AckWait: wait})
	if _, err := q.Enqueue(ctx, Job{ID: "j1", Class: Restore, Connection: "c1", Resource: "r1", Kind: "restore"}); err != nil {
		t.Fatal(err)
	}
	consumer, err := js.Consumer(ctx, bus.StreamJobs, bus.JobConsumer(string(Restore)))
	if err != nil {
		t.Fatal(err)
	}
	message, err := consumer.Next()
	if err != nil {
		t.Fatal(err)
	}
	running, end := context.WithCancelCause(ctx)
	run := &Run{message: message, queue: q, end: end, received: time.Now().Add(-wait)}
	run.beatUntil(running, make(chan struct{}))
	if cause := context.Cause(running); !errors.Is(cause, ErrLost) {
		t.Errorf("the run goes on: %v", cause)
	}
}
