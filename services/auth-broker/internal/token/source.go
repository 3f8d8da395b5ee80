package token

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Source gives out tokens. Make it with [NewSource].
type Source struct {
	cache  Cache
	issuer Issuer
	log    *slog.Logger
	now    func() time.Time

	mu       sync.Mutex
	flights  map[order]*flight
	refusals map[Key]refused
	replaced map[Key]time.Time // when a token was made because the one before was refused

	renewals sync.WaitGroup
	stopping context.Context
	stop     context.CancelFunc
}

// NewSource returns a source. Close it.
func NewSource(cache Cache, issuer Issuer, log *slog.Logger, now func() time.Time) *Source {
	s := &Source{cache: cache, issuer: issuer, log: log, now: now, flights: map[order]*flight{}, refusals: map[Key]refused{}, replaced: map[Key]time.Time{}}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s
}

// Close ends the renewals under way and waits for them.
func (s *Source) Close() {
	s.mu.Lock() // after this no renewal begins
	s.stop()
	s.mu.Unlock()
	s.renewals.Wait()
}

// Token returns a token of the connection. claims is a challenge to answer, or empty.
func (s *Source) Token(ctx context.Context, connection m365.ConnectionID, claims string) (Token, error) {
	if claims != "" {
		return s.challenged(ctx, connection, claims)
	}
	version, err := s.issuer.Version(ctx, connection)
	if err != nil {
		return Token{}, err
	}
	key := Key{Connection: connection, Version: version}
	token, err := s.cache.Get(ctx, key)
	if err == nil && s.now().Before(token.Give) {
		if !s.now().Before(token.Renew) {
			s.renew(order{Key: key})
		}
		return token, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.log.WarnContext(ctx, "token cache", "error", err)
	}
	return s.join(ctx, order{Key: key})
}

// challenged answers a challenge: the cached token is the one that was refused.
func (s *Source) challenged(ctx context.Context, connection m365.ConnectionID, claims string) (Token, error) {
	token, version, err := s.issuer.Issue(ctx, connection, claims)
	if err != nil {
		return Token{}, err
	}
	s.put(ctx, Key{Connection: connection, Version: version}, token)
	return token, nil
}

// put keeps a token. Without the cache everything works, only with more tokens.
func (s *Source) put(ctx context.Context, key Key, token Token) {
	if err := s.cache.Put(ctx, key, token); err != nil {
		s.log.WarnContext(ctx, "token cache", "error", err)
	}
}
