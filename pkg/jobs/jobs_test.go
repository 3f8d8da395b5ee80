package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
)

// ackWait is short, since tests wait for it to pass.
const ackWait = time.Second

// yard is a server with queues at it.
type yard struct {
	*testing.T
	ctx    context.Context
	server *natstest.Server
	js     jetstream.JetStream
	queue  *jobs.Queue
}

func setUp(t *testing.T) *yard {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	server, js := natstest.Bootstrapped(t, bus.Config{AckWait: ackWait, JobFuse: 2, LeaderTTL: 3 * time.Second})
	y := &yard{T: t, ctx: ctx, server: server, js: js}
	y.queue = y.over(js)
	return y
}

func (y *yard) over(js jetstream.JetStream) *jobs.Queue {
	return jobs.New(js, jobs.Config{AckWait: ackWait, MaxAttempts: 3, Backoff: func(int) time.Duration { return 300 * time.Millisecond }})
}

func job(id, resource string, class jobs.Class) jobs.Job {
	return jobs.Job{ID: id, Class: class, Connection: "c1", Resource: resource, Kind: "backup", Arguments: []byte("args of " + id)}
}

func (y *yard) enqueue(job jobs.Job, want bool) {
	y.Helper()
	queued, err := y.queue.Enqueue(y.ctx, job)
	if err != nil || queued != want {
		y.Fatalf("enqueue %s: %v, %v; want %v", job.ID, queued, err, want)
	}
}

// crew is workers that a test can tell what to do.
type crew struct {
	begun chan *jobs.Run // each run as it begins
	stop  func()         // ends the workers and waits
}

func (y *yard) work(queue *jobs.Queue, class jobs.Class, handle jobs.Handler) *crew {
	y.Helper()
	ctx, cancel := context.WithCancel(y.ctx)
	c := &crew{begun: make(chan *jobs.Run, 100)}
	var group sync.WaitGroup
	group.Go(func() {
		if err := queue.Work(ctx, class, 1, func(ctx context.Context, run *jobs.Run) error {
			c.begun <- run
			return handle(ctx, run)
		}); err != nil {
			y.Error(err)
		}
	})
	c.stop = sync.OnceFunc(func() { cancel(); group.Wait() })
	y.Cleanup(c.stop)
	return c
}

func (y *yard) tend() {
	ctx, cancel := context.WithCancel(y.ctx)
	var group sync.WaitGroup
	group.Go(func() { _ = y.queue.Tend(ctx) })
	y.Cleanup(func() { cancel(); group.Wait() })
}

func (y *yard) next(c *crew) *jobs.Run {
	y.Helper()
	select {
	case run := <-c.begun:
		return run
	case <-y.ctx.Done():
		y.Fatal("no run began")
		return nil
	}
}

// until waits for a condition that others bring about.
func (y *yard) until(what string, holds func() bool) {
	y.Helper()
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for !holds() {
		select {
		case <-every.C:
		case <-y.ctx.Done():
			y.Fatalf("waited for: %s", what)
		}
	}
}

func (y *yard) untilEmpty() {
	y.Helper()
	y.until("empty queue", func() bool {
		stream, err := y.js.Stream(y.ctx, bus.StreamJobs)
		return err == nil && stream.CachedInfo().State.Msgs == 0
	})
}

func receive[T any](y *yard, from <-chan T) T {
	y.Helper()
	select {
	case value := <-from:
		return value
	case <-y.ctx.Done():
		y.Fatal("nothing came")
		panic("unreachable")
	}
}

func succeed(context.Context, *jobs.Run) error { return nil }

// untilEnd works until its context ends.
func untilEnd(ctx context.Context, _ *jobs.Run) error {
	<-ctx.Done()
	return ctx.Err()
}

var errOutage = errors.New("outage")
