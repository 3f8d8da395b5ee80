// Package lifecycle owns the goroutines of a process: it starts its parts in order, ends all of
// them when one fails or the process is told to stop, and waits for them.
//
// Parts stop in the reverse order of their start, each completely before the next: what takes in
// work stops before what the work needs. A part runs until its context ends and returns nil then;
// returning before that, with or without an error, ends the whole group.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Part is one long-running piece of a process.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run runs the parts until ctx ends or one of them returns, and returns the errors of those that
// failed on their own account.
func Run(ctx context.Context, parts ...Part) error {
	running, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	defer fail(nil)
	started := make([]*started, 0, len(parts))
	for _, part := range parts {
		started = append(started, start(running, part, fail))
	}
	select {
	case <-ctx.Done():
	case <-running.Done():
	}
	var errs []error
	for i := len(started) - 1; i >= 0; i-- {
		errs = append(errs, started[i].stop())
	}
	return errors.Join(errs...)
}

// Interrupted returns a context that ends at SIGINT or SIGTERM. A second signal kills the process.
func Interrupted(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

type started struct {
	name   string
	cancel context.CancelFunc
	done   chan error
}

func start(ctx context.Context, part Part, fail context.CancelCauseFunc) *started {
	// Each part has its own context, not the group's: the end of one must not stop all at once.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &started{name: part.Name, cancel: cancel, done: make(chan error, 1)}
	go func() {
		err := part.Run(ctx)
		if err == nil && ctx.Err() == nil {
			err = fault.New(fault.Internal, "run", "ended without being told to")
		}
		s.done <- err
		fail(fmt.Errorf("%s: %w", part.Name, errEnded))
	}()
	return s
}

var errEnded = errors.New("part ended")

// stop ends a part and returns why it failed, unless it only reports that it was ended.
func (s *started) stop() error {
	s.cancel()
	err := <-s.done
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return fault.Wrap(s.name, err)
}
