package twin

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/facts"
)

// durable is the place of the bridge in the stream of events.
const durable = "notifier-json"

// Run writes the twin until ctx ends.
func Run(ctx context.Context, js jetstream.JetStream, log *slog.Logger) error {
	return bus.Consume(ctx, js, bus.Consumer{Durable: durable, Facts: []string{bus.AllFacts}, Logger: log}, func(ctx context.Context, event bus.Event) error {
		_, err := js.PublishMsg(ctx, message(event))
		return fault.As(fault.Transient, "write event as JSON", err)
	})
}

func message(event bus.Event) *nats.Msg {
	m := nats.NewMsg(strings.Join([]string{bus.RootJSON, string(event.Connection), event.Kind, event.Fact, event.EntityID}, "."))
	m.Data = facts.Of(event).Entity
	m.Header[jetstream.MsgIDHeader] = []string{event.ID}
	for name, value := range map[string]string{
		bus.HeaderSpec: "1.0", bus.HeaderID: event.ID, bus.HeaderType: event.Type, bus.HeaderSource: event.Source,
		bus.HeaderSubject: event.Kind + "/" + event.EntityID, bus.HeaderTime: event.Time.Format(time.RFC3339Nano),
		bus.HeaderContentType: bus.ContentJSON, "traceparent": event.Trace, "ce-traceparent": event.Trace,
	} {
		if value != "" {
			bus.SetHeader(m.Header, name, value)
		}
	}
	if event.Schema != "" {
		bus.SetHeader(m.Header, bus.HeaderSchema, bus.SchemaURI(event.Schema))
	}
	if event.Removed {
		bus.SetHeader(m.Header, bus.HeaderRemoved, "true")
	}
	return m
}
