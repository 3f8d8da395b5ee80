package inbox

import (
	"context"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/facts"
)

// durable is notifier's place in the stream of events.
const durable = "notifier"

// Run reads facts until ctx ends.
func Run(ctx context.Context, js jetstream.JetStream, log *slog.Logger, office *delivery.Office) error {
	return bus.Consume(ctx, js, bus.Consumer{Durable: durable, Facts: []string{bus.AllFacts}, Logger: log}, func(ctx context.Context, event bus.Event) error {
		return office.Spread(ctx, facts.Of(event))
	})
}
