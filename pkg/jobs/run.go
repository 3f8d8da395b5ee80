package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
)

// Run is one try of a job by one worker.
type Run struct {
	Job      Job
	Delivery int // how often the job was handed to a worker on this turn, from 1

	message jetstream.Msg
	queue   *Queue
	end     context.CancelCauseFunc

	mu       sync.Mutex
	received time.Time // the last moment that the server is known to have counted from
}

// Attempt counts the tries of the job, from 1. A job that was handed back or whose worker died is still in
// the same attempt.
func (r *Run) Attempt() int { return r.Job.Attempt + 1 }

// Progress tells whoever watches how far the run is. Nobody may be there; nothing is kept.
func (r *Run) Progress(data []byte) {
	_ = r.queue.js.Conn().Publish(progressSubject(r.Job.ID), data) // the next one will do
}

// A worker is heard six times within AckWait, and gives up when it has not been for five sixths of it:
// before the server does, with time left to stop.
const beats = 6

func (r *Run) beat() time.Duration { return r.queue.config.AckWait / beats }

// overdue tells whether the server may have given the job to another worker.
func (r *Run) overdue() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.received) >= r.queue.config.AckWait-r.beat()
}

func (r *Run) heard(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.received = at
}

// keepAlive tells the server that the job is being worked on, and listens for its cancellation, until
// stop is called.
func (r *Run) keepAlive(ctx context.Context) (stop func()) {
	cancelled, err := r.queue.js.Conn().Subscribe(cancelSubject(r.Job.ID), func(request *nats.Msg) {
		r.end(ErrCancelled)
		_ = request.Respond(nil) // who asked finds out in any case
	})
	if err != nil {
		r.end(ErrLost)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		r.beatUntil(ctx, done)
	}()
	return func() {
		close(done)
		<-ended
		if cancelled != nil {
			_ = cancelled.Unsubscribe() // ends with the connection anyway
		}
	}
}

func (r *Run) beatUntil(ctx context.Context, done <-chan struct{}) {
	tick := time.NewTicker(r.beat())
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		// A process that stood still for too long must not ask: the server would answer, and by then
		// another worker may have the job.
		if !r.overdue() {
			r.sayAlive(ctx)
		}
		if r.overdue() {
			r.end(ErrLost)
			return
		}
	}
}

// sayAlive asks for an answer: without one nobody knows whether the server has heard it. The answer
// counts from when the question was sent, and it comes within a beat or not at all: asked before the run
// was overdue, it was heard before the server gave the job away.
func (r *Run) sayAlive(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.beat())
	defer cancel()
	at := time.Now()
	if _, err := r.queue.js.Conn().RequestWithContext(ctx, r.message.Reply(), []byte("+WPI")); err == nil {
		r.heard(at)
	}
}

// Watch passes what runs of a job report to each, until ctx ends. What was reported before is not to be
// had, and a slow reader misses some.
func (q *Queue) Watch(ctx context.Context, jobID string, each func([]byte)) error {
	const buffer = 64
	reports := make(chan *nats.Msg, buffer)
	subscription, err := q.js.Conn().ChanSubscribe(progressSubject(jobID), reports)
	if err != nil {
		return err
	}
	defer func() { _ = subscription.Unsubscribe() }() // ends with the connection anyway
	for {
		select {
		case report := <-reports:
			each(report.Data)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func progressSubject(job string) string { return bus.RootProgress + "." + job }

func cancelSubject(job string) string { return bus.RootCancel + "." + job }
