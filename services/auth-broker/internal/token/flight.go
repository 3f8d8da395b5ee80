package token

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// lockFor is longer than a sign-in may take, so that a lock ends early only if its holder has died.
const lockFor = 10 * time.Second

// order is what a flight has to bring.
type order struct {
	Key
	Not Digest // a token that will not do, or none
}

// takes tells whether a token that is there is what is wanted.
func (o order) takes(token Token, now time.Time) bool {
	return now.Before(token.Give) && token.Digest() != o.Not
}

// flight is one request for a token that many callers of this process wait for.
type flight struct {
	done    chan struct{}
	token   Token
	err     error
	renewal bool // nobody waits: it gives way if another process is at it
}

// join waits for the one flight of an order, and starts it if there is none.
func (s *Source) join(ctx context.Context, want order) (Token, error) {
	f, err := s.start(want, false)
	if err != nil {
		return Token{}, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return Token{}, fault.Wrap("wait for token", ctx.Err())
	}
	if f.renewal && f.err == errElsewhere { //nolint:errorlint // our own value, never wrapped
		return s.join(ctx, want)
	}
	return f.token, f.err
}

// renew starts a renewal unless something is under way.
func (s *Source) renew(want order) {
	_, _ = s.start(want, true) // a refusal is remembered for those who need the token
}

// start returns the flight of an order. The flight belongs to the source, not to the caller that happened to
// be first: when that one goes away the others still get their token.
func (s *Source) start(want order, renewal bool) (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[want]; f != nil {
		return f, nil
	}
	if err := s.stopping.Err(); err != nil {
		return nil, fault.As(fault.Cancelled, "get token", err)
	}
	if err := s.refusedStill(want.Key); err != nil {
		return nil, err
	}
	f := &flight{done: make(chan struct{}), renewal: renewal}
	s.flights[want] = f
	s.renewals.Go(func() { s.fly(want, f) })
	return f, nil
}

func (s *Source) fly(want order, f *flight) {
	f.token, f.err = s.acquire(s.stopping, want, f.renewal)
	s.mu.Lock()
	delete(s.flights, want)
	s.remember(want.Key, f.err)
	if f.err == nil && want.Not != (Digest{}) {
		s.replacing(want.Key)
	}
	s.mu.Unlock()
	close(f.done)
	if f.renewal && f.err != nil && f.err != errElsewhere { //nolint:errorlint // our own value, never wrapped
		s.log.Warn("token not renewed", "connection", want.Connection, "error", f.err)
	}
}

// errElsewhere ends a renewal that another process is making.
var errElsewhere = fault.New(fault.Conflict, "renew token", "another process renews it")

// acquire asks for a token as the only one of all brokers, or waits for the one who does.
func (s *Source) acquire(ctx context.Context, want order, renewal bool) (Token, error) {
	for {
		release, taken, err := s.cache.Lock(ctx, want.Key, lockFor)
		if err != nil {
			s.log.Warn("token cache", "error", err) // ask without a lock: too many tokens are better than none
			return s.issue(ctx, want.Key)
		}
		if taken {
			return s.issueLocked(ctx, want, renewal, release)
		}
		if renewal {
			return Token{}, errElsewhere
		}
		if err := pause(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond)); err != nil { //nolint:gosec // spreads load
			return Token{}, err
		}
		if token, err := s.cache.Get(ctx, want.Key); err == nil && want.takes(token, s.now()) {
			return token, nil
		}
	}
}

func (s *Source) issueLocked(ctx context.Context, want order, renewal bool, release func(context.Context) error) (Token, error) {
	defer func() {
		if err := release(context.WithoutCancel(ctx)); err != nil {
			s.log.Warn("token cache", "error", err) // the lock ends by itself
		}
	}()
	// Whoever had the lock before may have done it.
	token, err := s.cache.Get(ctx, want.Key)
	if now := s.now(); err == nil && want.takes(token, now) && (!renewal || now.Before(token.Renew)) {
		return token, nil
	}
	return s.issue(ctx, want.Key)
}

func (s *Source) issue(ctx context.Context, key Key) (Token, error) {
	token, version, err := s.issuer.Issue(ctx, key.Connection, "")
	if err != nil {
		return Token{}, err
	}
	s.put(ctx, Key{Connection: key.Connection, Version: version}, token)
	return token, nil
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fault.Wrap("wait for token", ctx.Err())
	}
}
