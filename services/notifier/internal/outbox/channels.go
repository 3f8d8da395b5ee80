package outbox

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
)

// CreateChannel keeps a new channel.
func (s *Store) CreateChannel(ctx context.Context, c delivery.Channel) (*notifyv1.Channel, error) {
	m := &notifyv1.Channel{}
	message.WriteChannel(c, m)
	return m, s.channels.create(ctx, state.NoConnection, c.ID, "channel-created", m)
}

// Channel implements delivery.Store.
func (s *Store) Channel(ctx context.Context, id string) (delivery.Channel, error) {
	entity, err := s.channels.entities.Get(ctx, state.NoConnection, id)
	if err != nil {
		return delivery.Channel{}, missing(err, "channel", "channels")
	}
	return message.ReadChannel(entity.Value), nil
}

// Channels returns a page in the order of ids, and the token of the next.
func (s *Store) Channels(ctx context.Context, after string, limit int) ([]*notifyv1.Channel, string, error) {
	return page(ctx, s.channels, after, limit)
}

// DeleteChannel ends a channel that no rule uses.
func (s *Store) DeleteChannel(ctx context.Context, id string) error {
	rules, err := s.Rules(ctx)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if rule.Channel == id {
			return fault.New(fault.Precondition, "delete channel", message.Rules+rule.ID+" uses it", fault.Reason("CHANNEL_IN_USE"), fault.Next("delete its rules first"))
		}
	}
	return missing(s.channels.remove(ctx, id, "channel-deleted"), "channel", "channels")
}

// CreateRule keeps a new rule.
func (s *Store) CreateRule(ctx context.Context, r delivery.Rule) (*notifyv1.Rule, error) {
	m := &notifyv1.Rule{}
	message.WriteRule(r, m)
	return m, s.rules.create(ctx, state.NoConnection, r.ID, "rule-created", m)
}

// Rules implements delivery.Store.
func (s *Store) Rules(ctx context.Context) ([]delivery.Rule, error) {
	if err := s.rules.ready(ctx); err != nil {
		return nil, err
	}
	var rules []delivery.Rule
	for entity := range s.rules.view.All("") {
		rule := message.ReadRule(entity.Value)
		rule.Since = entity.Time // a rule never changes, so its newest state is its first
		rules = append(rules, rule)
	}
	return rules, nil
}

// RulePage returns a page in the order of ids, and the token of the next.
func (s *Store) RulePage(ctx context.Context, after string, limit int) ([]*notifyv1.Rule, string, error) {
	return page(ctx, s.rules, after, limit)
}

// DeleteRule ends a rule. What is queued under it is still sent.
func (s *Store) DeleteRule(ctx context.Context, id string) error {
	return missing(s.rules.remove(ctx, id, "rule-deleted"), "rule", "rules")
}
