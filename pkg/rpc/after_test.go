package rpc_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
)

func TestCallsWaitUntilAServiceIsReady(t *testing.T) {
	f := serve(t)
	asked, ready := make(chan struct{}), make(chan struct{})
	f.ready = func(ctx context.Context) error {
		close(asked)
		select {
		case <-ready:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	answered := false
	f.answer = func(context.Context) error { answered = true; return nil }
	called := make(chan error, 1)
	go func() { called <- create(f, f.admin()) }()
	<-asked
	if answered {
		t.Error("it answered before it was ready")
	}
	close(ready)
	if err := <-called; err != nil || !answered {
		t.Errorf("%v, answered: %v", err, answered)
	}
}

func TestAServiceThatDoesNotBecomeReadySaysSo(t *testing.T) {
	f := serve(t)
	f.ready = func(context.Context) error { return errors.New("not yet") }
	if err := create(f, f.admin()); !fault.Is(err, fault.Transient) || len(fault.NextOf(err)) == 0 {
		t.Errorf("call: %v", err)
	}
	stream, err := notifyv1.NewEventServiceClient(f.dial(token, "", "")).WatchEvents(f.context(), &notifyv1.WatchEventsRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if !fault.Is(err, fault.Transient) {
		t.Errorf("stream: %v", err)
	}
}
