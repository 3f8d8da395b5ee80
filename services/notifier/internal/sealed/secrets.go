package sealed

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/pkg/seal/drawer"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
)

// Secrets is the secrets of all channels.
type Secrets struct{ drawer *drawer.Drawer }

var _ delivery.Secrets = (*Secrets)(nil)

const owner = "channel"

// Open returns the secrets in the bucket that bus.Bootstrap has made.
func Open(ctx context.Context, js jetstream.JetStream, ring *seal.Ring) (*Secrets, error) {
	d, err := drawer.Open(ctx, js, bus.BucketChannels, "secrets", ring)
	return &Secrets{d}, err
}

// Keep seals a secret and returns the id of the channel that it is for.
func (s *Secrets) Keep(ctx context.Context, secret string) (string, error) {
	return s.drawer.Put(ctx, owner, []byte(secret))
}

// Secret implements delivery.Secrets.
func (s *Secrets) Secret(ctx context.Context, channel string) (string, error) {
	secret, err := s.drawer.Get(ctx, owner, channel)
	return string(secret), err
}

// Forget removes the secret of a channel.
func (s *Secrets) Forget(ctx context.Context, channel string) error {
	return s.drawer.Forget(ctx, owner, channel)
}

// sweepAge spares secrets whose channel is just being made.
const sweepAge = 10 * time.Minute

// Sweep forgets secrets whose channel is not there; exists answers with fault.NotFound then.
func (s *Secrets) Sweep(ctx context.Context, now time.Time, exists func(ctx context.Context, channel string) error) error {
	kept, err := s.drawer.Kept(ctx)
	if err != nil {
		return err
	}
	for _, k := range kept {
		if now.Sub(k.Since) < sweepAge {
			continue
		}
		err := exists(ctx, k.Ref)
		if fault.Is(err, fault.NotFound) {
			err = s.Forget(ctx, k.Ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
