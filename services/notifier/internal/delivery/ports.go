package delivery

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Store keeps channels, rules and deliveries.
type Store interface {
	// Rules returns all rules, those that this process has made included.
	Rules(ctx context.Context) ([]Rule, error)

	// Channel returns one; fault.NotFound.
	Channel(ctx context.Context, id string) (Channel, error)

	// Queue keeps a new delivery; one that is there already stays as it is.
	Queue(ctx context.Context, delivery Delivery, fact string) error

	// Edit lets edit change the newest state, and again if somebody else was faster. It writes nothing if
	// edit names no fact.
	Edit(ctx context.Context, connection m365.ConnectionID, id string, edit func(*Delivery) (fact string)) (Delivery, error)
}

// Facts reads what happened.
type Facts interface {
	// At returns the fact of that id at that position; fault.NotFound if it is not kept any more.
	At(ctx context.Context, cursor uint64, id string) (Fact, error)
}

// Secrets opens the secrets of channels.
type Secrets interface {
	Secret(ctx context.Context, channel string) (string, error)
}

// Sender sends messages through channels of one kind. An error that is not fault.Retryable ends the
// delivery.
type Sender interface {
	Send(ctx context.Context, channel Channel, secret string, message Message) error
}
