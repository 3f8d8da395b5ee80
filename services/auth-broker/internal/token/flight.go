package token

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// lockFor is longer than a sign-in may take, so that a lock ends early only if its holder has died.
const lockFor = 10 * time.Second

// flight is one request for a token that many callers of this process wait for.
type flight struct {
	done    chan struct{}
	token   Token
	err     error
	renewal bool // nobody waits: it gives way if another process is at it
}

// join waits for the one flight of a key, and starts it if there is none.
func (s *Source) join(ctx context.Context, key Key) (Token, error) {
	f, err := s.start(key, false)
	if err != nil {
		return Token{}, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return Token{}, fault.Wrap("wait for token", ctx.Err())
	}
	if f.renewal && f.err == errElsewhere { //nolint:errorlint // our own value, never wrapped
		return s.join(ctx, key)
	}
	return f.token, f.err
}

// renew starts a renewal unless something is under way.
func (s *Source) renew(key Key) {
	_, _ = s.start(key, true) // a refusal is remembered for those who need the token
}

// start returns the flight of a key. The flight belongs to the source, not to the caller that happened to
// be first: when that one goes away the others still get their token.
func (s *Source) start(key Key, renewal bool) (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.flights[key]; f != nil {
		return f, nil
	}
	if err := s.stopping.Err(); err != nil {
		return nil, fault.As(fault.Cancelled, "get token", err)
	}
	if err := s.refusedStill(key); err != nil {
		return nil, err
	}
	f := &flight{done: make(chan struct{}), renewal: renewal}
	s.flights[key] = f
	s.renewals.Go(func() { s.fly(key, f) })
	return f, nil
}

func (s *Source) fly(key Key, f *flight) {
	f.token, f.err = s.acquire(s.stopping, key, f.renewal)
	s.mu.Lock()
	delete(s.flights, key)
	s.remember(key, f.err)
	s.mu.Unlock()
	close(f.done)
	if f.renewal && f.err != nil && f.err != errElsewhere { //nolint:errorlint // our own value, never wrapped
		s.log.Warn("token not renewed", "connection", key.Connection, "error", f.err)
	}
}

// errElsewhere ends a renewal that another process is making.
var errElsewhere = fault.New(fault.Conflict, "renew token", "another process renews it")

// acquire asks for a token as the only one of all brokers, or waits for the one who does.
func (s *Source) acquire(ctx context.Context, key Key, renewal bool) (Token, error) {
	for {
		release, taken, err := s.cache.Lock(ctx, key, lockFor)
		if err != nil {
			s.log.Warn("token cache", "error", err) // ask without a lock: too many tokens are better than none
			return s.issue(ctx, key)
		}
		if taken {
			return s.issueLocked(ctx, key, renewal, release)
		}
		if renewal {
			return Token{}, errElsewhere
		}
		if err := pause(ctx, 20*time.Millisecond+rand.N(60*time.Millisecond)); err != nil { //nolint:gosec // spreads load
			return Token{}, err
		}
		if token, err := s.cache.Get(ctx, key); err == nil && s.now().Before(token.Give) {
			return token, nil
		}
	}
}

func (s *Source) issueLocked(ctx context.Context, key Key, renewal bool, release func(context.Context) error) (Token, error) {
	defer func() {
		if err := release(context.WithoutCancel(ctx)); err != nil {
			s.log.Warn("token cache", "error", err) // the lock ends by itself
		}
	}()
	// Whoever had the lock before may have done it.
	token, err := s.cache.Get(ctx, key)
	if now := s.now(); err == nil && (now.Before(token.Renew) || !renewal && now.Before(token.Give)) {
		return token, nil
	}
	return s.issue(ctx, key)
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
