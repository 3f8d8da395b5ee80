package lifecycle

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestPartsStopInReverseOrder(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var stopped []string
	ready := make(chan struct{}, 2)
	part := func(name string) Part {
		return Part{name, func(ctx context.Context) error {
			ready <- struct{}{}
			<-ctx.Done()
			stopped = append(stopped, name) // no lock: the next part is told to stop only after this one has
			return ctx.Err()
		}}
	}
	go func() { <-ready; <-ready; cancel() }()
	if err := Run(ctx, part("store"), part("server")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(stopped, []string{"server", "store"}) {
		t.Errorf("stopped %v", stopped)
	}
}

func TestOneFailureEndsAll(t *testing.T) {
	broken := errors.New("broken")
	err := Run(t.Context(),
		Part{"store", func(ctx context.Context) error { <-ctx.Done(); return nil }},
		Part{"server", func(context.Context) error { return broken }})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "server") {
		t.Errorf("got %v", err)
	}
}

func TestPartThatEndsEarlyIsAFailure(t *testing.T) {
	if err := Run(t.Context(), Part{"server", func(context.Context) error { return nil }}); err == nil {
		t.Error("nobody noticed")
	}
}
