package api

import (
	"context"
	"crypto/rand"
	"strings"

	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/outbox"
)

// Rules answers RuleService.
type Rules struct {
	notifyv1.UnimplementedRuleServiceServer
	Store *outbox.Store
}

// CreateRule implements notifyv1.RuleServiceServer.
func (s *Rules) CreateRule(ctx context.Context, r *notifyv1.CreateRuleRequest) (*notifyv1.CreateRuleResponse, error) {
	channel, err := message.ID(message.Channels, r.GetRule().GetChannel())
	if err != nil {
		return nil, err
	}
	if name := r.GetRule().GetConnection(); name != "" {
		if _, err := message.ID(message.Connections, name); err != nil {
			return nil, err
		}
	}
	rule := message.ReadRule(r.GetRule())
	rule.ID = strings.ToLower(rand.Text())
	if err := rule.Check(); err != nil {
		return nil, err
	}
	if _, err := s.Store.Channel(ctx, channel); err != nil {
		return nil, err
	}
	created, err := s.Store.CreateRule(ctx, rule)
	return &notifyv1.CreateRuleResponse{Rule: created}, err
}

// ListRules implements notifyv1.RuleServiceServer.
func (s *Rules) ListRules(ctx context.Context, r *notifyv1.ListRulesRequest) (*notifyv1.ListRulesResponse, error) {
	after, size, err := bounds(r)
	if err != nil {
		return nil, err
	}
	page, next, err := s.Store.RulePage(ctx, after, size)
	return &notifyv1.ListRulesResponse{Rules: page, NextPageToken: token(next)}, err
}

// DeleteRule implements notifyv1.RuleServiceServer.
func (s *Rules) DeleteRule(ctx context.Context, r *notifyv1.DeleteRuleRequest) (*notifyv1.DeleteRuleResponse, error) {
	id, err := message.ID(message.Rules, r.GetName())
	if err != nil {
		return nil, err
	}
	return &notifyv1.DeleteRuleResponse{}, s.Store.DeleteRule(ctx, id)
}

// Deliveries answers DeliveryService.
type Deliveries struct {
	notifyv1.UnimplementedDeliveryServiceServer
	Store *outbox.Store
}

// ListDeliveries implements notifyv1.DeliveryServiceServer.
func (s *Deliveries) ListDeliveries(ctx context.Context, r *notifyv1.ListDeliveriesRequest) (*notifyv1.ListDeliveriesResponse, error) {
	after, size, err := bounds(r)
	if err != nil {
		return nil, err
	}
	page, next, err := s.Store.Deliveries(ctx, after, size)
	return &notifyv1.ListDeliveriesResponse{Deliveries: page, NextPageToken: token(next)}, err
}
