package tokencache

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// Fallback uses the shared cache, and while it is away the one of this process, which knows every token
// that this process has put. So a Redis that fails costs one token per broker, not one per call.
type Fallback struct {
	shared token.Cache
	local  token.Cache
}

var _ token.Cache = (*Fallback)(nil)

// NewFallback returns shared, backed by local.
func NewFallback(shared, local token.Cache) *Fallback { return &Fallback{shared: shared, local: local} }

// Get implements token.Cache.
func (f *Fallback) Get(ctx context.Context, key token.Key) (token.Token, error) {
	t, err := f.shared.Get(ctx, key)
	if fault.Is(err, fault.Transient) && ctx.Err() == nil {
		return f.local.Get(ctx, key)
	}
	return t, err
}

// Put implements token.Cache.
func (f *Fallback) Put(ctx context.Context, key token.Key, t token.Token) error {
	if err := f.local.Put(ctx, key, t); err != nil {
		return err
	}
	return f.shared.Put(ctx, key, t)
}

// Lock implements token.Cache.
func (f *Fallback) Lock(ctx context.Context, key token.Key, hold time.Duration) (func(context.Context) error, bool, error) {
	release, taken, err := f.shared.Lock(ctx, key, hold)
	if fault.Is(err, fault.Transient) && ctx.Err() == nil {
		return f.local.Lock(ctx, key, hold)
	}
	return release, taken, err
}
