package bus

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Selection chooses events. Empty parts match everything.
type Selection struct {
	Connection m365.ConnectionID
	Kind       string
	Facts      []string
	ID         string
}

// Read passes events to each in order, beginning at from, and calls caughtUp once when those that were
// there have been passed (may be nil). It goes on until ctx ends or each fails, keeps no place on the
// server, and outlives lost connections. For work that must not be missed use [Consume].
func Read(ctx context.Context, js jetstream.JetStream, selection Selection, from Position, each func(Event) error, caughtUp func()) error {
	filters, err := selection.filters()
	if err != nil {
		return err
	}
	return Tail(ctx, js, StreamEvents, filters, from, func(message jetstream.Msg) error {
		event, err := ParseEvent(message)
		if err != nil {
			return err
		}
		return each(event)
	}, caughtUp)
}

func (s Selection) filters() ([]string, error) {
	facts := s.Facts
	if len(facts) == 0 {
		facts = []string{""}
	}
	filters := make([]string, 0, len(facts))
	for _, fact := range facts {
		for _, token := range []string{string(s.Connection), s.Kind, fact, s.ID} {
			if token != "" && !ValidToken(token) {
				return nil, fault.New(fault.Invalid, "read events", "no such name: "+token)
			}
		}
		filters = append(filters, EventFilter(s.Connection, s.Kind, fact, s.ID))
	}
	return filters, nil
}
