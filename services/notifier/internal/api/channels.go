package api

import (
	"context"
	"time"

	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/sealed"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/webhook"
)

// Channels answers ChannelService.
type Channels struct {
	notifyv1.UnimplementedChannelServiceServer
	Store   *outbox.Store
	Secrets *sealed.Secrets
	Office  *delivery.Office
}

// CreateChannel implements notifyv1.ChannelServiceServer.
func (s *Channels) CreateChannel(ctx context.Context, r *notifyv1.CreateChannelRequest) (*notifyv1.CreateChannelResponse, error) {
	channel := message.ReadChannel(r.GetChannel())
	if err := channel.Check(); err != nil {
		return nil, err
	}
	secret, shown := r.GetSecret(), ""
	if channel.Webhook != nil {
		if secret == "" {
			secret = webhook.NewSecret()
			shown = secret
		}
		if err := webhook.CheckSecret(secret); err != nil {
			return nil, err
		}
	}
	id, err := s.Secrets.Keep(ctx, secret)
	if err != nil {
		return nil, err
	}
	channel.ID = id
	created, err := s.Store.CreateChannel(ctx, channel)
	if err != nil {
		return nil, err // the sweep forgets the secret
	}
	return &notifyv1.CreateChannelResponse{Channel: created, SigningSecret: shown}, nil
}

// ListChannels implements notifyv1.ChannelServiceServer.
func (s *Channels) ListChannels(ctx context.Context, r *notifyv1.ListChannelsRequest) (*notifyv1.ListChannelsResponse, error) {
	after, size, err := bounds(r)
	if err != nil {
		return nil, err
	}
	page, next, err := s.Store.Channels(ctx, after, size)
	return &notifyv1.ListChannelsResponse{Channels: page, NextPageToken: token(next)}, err
}

// DeleteChannel implements notifyv1.ChannelServiceServer.
func (s *Channels) DeleteChannel(ctx context.Context, r *notifyv1.DeleteChannelRequest) (*notifyv1.DeleteChannelResponse, error) {
	id, err := message.ID(message.Channels, r.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.Store.DeleteChannel(ctx, id); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetFor)
	defer cancel()
	_ = s.Secrets.Forget(ctx, id) // the sweep does it otherwise
	return &notifyv1.DeleteChannelResponse{}, nil
}

const forgetFor = 5 * time.Second

// TestChannel implements notifyv1.ChannelServiceServer.
func (s *Channels) TestChannel(ctx context.Context, r *notifyv1.TestChannelRequest) (*notifyv1.TestChannelResponse, error) {
	id, err := message.ID(message.Channels, r.GetName())
	if err != nil {
		return nil, err
	}
	d, err := s.Office.Try(ctx, id)
	if err != nil {
		return nil, err
	}
	m := &notifyv1.Delivery{}
	message.WriteDelivery(d, m)
	m.Name = "" // it is not kept
	return &notifyv1.TestChannelResponse{Delivery: m}, nil
}
