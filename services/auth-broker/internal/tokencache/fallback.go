package tokencache

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// Fallback uses the shared cache, and while it is away the one of this process, which knows every token
// that this process has put. So a Redis that fails costs one token per broker, not one per call.
type Fallback struct {
	shared token.Cache
	local  token.Cache
	now    func() time.Time
	away   atomic.Int64 // nanoseconds since 1970 until which shared is left alone
}

var _ token.Cache = (*Fallback)(nil)

// awayFor is how long a cache that did not answer is left alone, so that not every worker waits for it.
const awayFor = time.Second

// NewFallback returns shared, backed by local.
func NewFallback(shared, local token.Cache, now func() time.Time) *Fallback {
	return &Fallback{shared: shared, local: local, now: now}
}

// failed tells whether the shared cache could not be reached, and leaves it alone then.
func (f *Fallback) failed(ctx context.Context, err error) bool {
	if !fault.Is(err, fault.Transient) || ctx.Err() != nil {
		return false
	}
	f.away.Store(f.now().Add(awayFor).UnixNano())
	return true
}

func (f *Fallback) there() bool { return f.now().UnixNano() >= f.away.Load() }

// Get implements token.Cache.
func (f *Fallback) Get(ctx context.Context, key token.Key) (token.Token, error) {
	if f.there() {
		t, err := f.shared.Get(ctx, key)
		if !f.failed(ctx, err) {
			return t, err
		}
	}
	return f.local.Get(ctx, key)
}

// Put implements token.Cache. It succeeds if one of the two has the token.
func (f *Fallback) Put(ctx context.Context, key token.Key, t token.Token) error {
	if f.there() {
		if err := f.shared.Put(ctx, key, t); err != nil && !f.failed(ctx, err) {
			return err
		}
	}
	return f.local.Put(ctx, key, t)
}

// Lock implements token.Cache.
func (f *Fallback) Lock(ctx context.Context, key token.Key, hold time.Duration) (func(context.Context) error, bool, error) {
	if f.there() {
		release, taken, err := f.shared.Lock(ctx, key, hold)
		if !f.failed(ctx, err) {
			return release, taken, err
		}
	}
	return f.local.Lock(ctx, key, hold)
}
