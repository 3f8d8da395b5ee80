package bus

import (
	"context"
	"errors"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// EventAt reads one event by its position in EVENTS; fault.NotFound if it has aged out.
func EventAt(ctx context.Context, js jetstream.JetStream, sequence uint64) (Event, error) {
	const op = "read event"
	stream, err := js.Stream(ctx, StreamEvents)
	if err != nil {
		return Event{}, fault.As(fault.Transient, op, err)
	}
	message, err := stream.GetMsg(ctx, sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Event{}, fault.As(fault.NotFound, op, err)
	}
	if err != nil {
		return Event{}, fault.As(fault.Transient, op, err)
	}
	e, err := eventOf(message.Subject, message.Header)
	e.Data, e.Sequence = message.Data, message.Sequence
	if e.Time.IsZero() {
		e.Time = message.Time.UTC()
	}
	return e, err
}
