package outbox

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
)

// Store implements delivery.Store, and what the API needs besides. Rules and lists work while Run runs.
type Store struct {
	channels   *kind[*notifyv1.Channel]
	rules      *kind[*notifyv1.Rule]
	deliveries *kind[*notifyv1.Delivery]
}

var _ delivery.Store = (*Store)(nil)

// kind is the entities of one kind and what is known of them all.
type kind[M proto.Message] struct {
	entities *state.Entities[M]
	view     *state.Projection[M]
}

func newKind[M proto.Message](store state.Store, of state.Kind, like M) *kind[M] {
	entities := state.NewEntities(store, of, like)
	return &kind[M]{entities, state.NewProjection(entities, state.Filter{})}
}

// New keeps entities in that state. note is told of the newest state of every delivery, and forget of each
// that is not kept any more.
func New(store state.Store, note func(delivery.Delivery), forget func(id string)) *Store {
	s := &Store{
		channels:   newKind(store, state.KindChannel, (*notifyv1.Channel)(nil)),
		rules:      newKind(store, state.KindRule, (*notifyv1.Rule)(nil)),
		deliveries: newKind(store, state.KindDelivery, (*notifyv1.Delivery)(nil)),
	}
	s.deliveries.view.OnChange(func(before, after state.Entity[*notifyv1.Delivery]) {
		if after.Value == nil {
			forget(before.Key.ID)
			return
		}
		note(message.ReadDelivery(after.Key.Connection, after.Value))
	})
	return s
}

// Run follows the state until ctx ends.
func (s *Store) Run(ctx context.Context) error {
	return lifecycle.Run(ctx,
		lifecycle.Part{Name: "channels", Run: s.channels.view.Run},
		lifecycle.Part{Name: "rules", Run: s.rules.view.Run},
		lifecycle.Part{Name: "deliveries", Run: s.deliveries.view.Run},
	)
}

// ready waits until everything that was there at the start is known.
func (k *kind[M]) ready(ctx context.Context) error {
	select {
	case <-k.view.Ready():
		return nil
	case <-ctx.Done():
		return fault.As(fault.Transient, "read what is there", ctx.Err(), fault.Next("the service is starting; try again"))
	}
}

func (k *kind[M]) create(ctx context.Context, connection m365.ConnectionID, id, fact string, value M) error {
	entity, err := k.entities.Create(ctx, connection, id, fact, value, origin(ctx))
	if err != nil {
		return err
	}
	return k.view.WaitFor(ctx, entity.Sequence)
}

func (k *kind[M]) remove(ctx context.Context, id, fact string) error {
	entity, err := k.entities.Decide(ctx, state.NoConnection, id, origin(ctx), func(state.Entity[M]) (state.Decision, error) {
		return state.Decision{Fact: fact, Remove: true}, nil
	})
	if err != nil {
		return err
	}
	return k.view.WaitFor(ctx, entity.Sequence)
}

// origin names who is behind a change.
func origin(ctx context.Context) state.Origin {
	if caller := identity.CallerOf(ctx); caller != (identity.Caller{}) {
		return state.Origin{Cause: "command", Actor: caller.String()}
	}
	return state.Origin{Cause: "event", Actor: identity.Caller{Service: identity.Notifier}.String()}
}

func missing(err error, what, list string) error {
	if fault.Is(err, fault.NotFound) {
		return fault.As(fault.NotFound, "", err, fault.Reason(strings.ToUpper(what)+"_UNKNOWN"), fault.Next("list the "+list+" to see those that are there"))
	}
	return err
}
