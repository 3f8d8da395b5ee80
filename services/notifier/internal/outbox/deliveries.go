package outbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
)

// Queue implements delivery.Store.
func (s *Store) Queue(ctx context.Context, d delivery.Delivery, fact string) error {
	m := &notifyv1.Delivery{}
	message.WriteDelivery(d, m)
	_, err := s.deliveries.entities.Create(ctx, d.Connection, d.ID, fact, m, origin(ctx))
	if fault.Is(err, fault.Exists) {
		return nil
	}
	return err
}

// Edit implements delivery.Store.
func (s *Store) Edit(ctx context.Context, connection m365.ConnectionID, id string, edit func(*delivery.Delivery) string) (delivery.Delivery, error) {
	var d delivery.Delivery
	_, err := s.deliveries.entities.Update(ctx, connection, id, origin(ctx), func(m *notifyv1.Delivery) (string, error) {
		d = message.ReadDelivery(connection, m)
		fact := edit(&d)
		if fact != "" {
			message.WriteDelivery(d, m)
		}
		return fact, nil
	})
	return d, err
}

// Deliveries returns a page, newest first, and the token of the next.
func (s *Store) Deliveries(ctx context.Context, after string, limit int) ([]*notifyv1.Delivery, string, error) {
	if err := s.deliveries.ready(ctx); err != nil {
		return nil, "", err
	}
	var all []*notifyv1.Delivery
	for entity := range s.deliveries.view.All("") {
		all = append(all, entity.Value)
	}
	slices.SortFunc(all, func(a, b *notifyv1.Delivery) int { return strings.Compare(order(b), order(a)) })
	from, found := 0, false
	if after != "" {
		from, found = slices.BinarySearchFunc(all, after, func(d *notifyv1.Delivery, token string) int { return cmp.Compare(token, order(d)) })
		if found {
			from++
		}
	}
	rest := all[from:]
	if len(rest) <= limit {
		return rest, "", nil
	}
	return rest[:limit], order(rest[limit-1]), nil
}

// order is text that sorts as deliveries were made; two of one moment sort by name.
func order(d *notifyv1.Delivery) string {
	return d.GetCreateTime().AsTime().Format("2006-01-02T15:04:05.000000000Z") + " " + d.GetName()
}

// page is a page of a small kind. Projections share their values, and messages are only read.
func page[M proto.Message](ctx context.Context, k *kind[M], after string, limit int) ([]M, string, error) {
	if err := k.ready(ctx); err != nil {
		return nil, "", err
	}
	entities, next := k.view.Page(state.NoConnection, after, limit, nil)
	messages := make([]M, len(entities))
	for i, entity := range entities {
		messages[i] = entity.Value
	}
	return messages, next, nil
}
