package inbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/jobs"
)

// held is the context of a run that is told to stop before it is cut off: the items in hand may
// end, so that none is left half made. A run that has lost its job is cut off at once.
type held struct {
	ctx  context.Context
	end  context.CancelCauseFunc
	stop chan struct{}

	once  sync.Once
	mu    sync.Mutex
	why   error
	timer *time.Timer
}

// hold wraps the context of a run from the queue. Call end when the run is over.
func hold(run context.Context) *held {
	h := &held{stop: make(chan struct{})}
	h.ctx, h.end = context.WithCancelCause(context.WithoutCancel(run))
	release := context.AfterFunc(run, func() {
		cause := context.Cause(run)
		if errors.Is(cause, jobs.ErrLost) {
			h.end(cause)
			return
		}
		h.halt(cause)
	})
	context.AfterFunc(h.ctx, func() {
		release()
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.timer != nil {
			h.timer.Stop()
		}
	})
	return h
}

// halt lets the items in hand end, for a while.
func (h *held) halt(cause error) {
	h.once.Do(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.why = cause
		h.timer = time.AfterFunc(grace, func() { h.end(cause) })
		close(h.stop)
	})
}

// cause is why the run was told to end; nil if it was not.
func (h *held) cause() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.why != nil {
		return h.why
	}
	return context.Cause(h.ctx)
}
