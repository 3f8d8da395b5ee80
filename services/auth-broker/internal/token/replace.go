package token

import (
	"context"
	"maps"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Replace returns another token than the one that Graph refused before its time: the cached one if somebody
// has replaced it already, else a new one. A tenant that refuses the new one too is not asked for a
// third for the length of refusalPause: until then the answer is the cached one, whichever that is.
func (s *Source) Replace(ctx context.Context, connection m365.ConnectionID, refused Digest) (Token, error) {
	version, err := s.issuer.Version(ctx, connection)
	if err != nil {
		return Token{}, err
	}
	key := Key{Connection: connection, Version: version}
	if s.replacedLately(key) {
		refused = Digest{}
	}
	want := order{Key: key, Not: refused}
	if token, err := s.cache.Get(ctx, key); err == nil && want.takes(token, s.now()) {
		return token, nil
	}
	return s.join(ctx, want)
}

func (s *Source) replacedLately(key Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, replaced := s.replaced[key]
	return replaced && s.now().Before(at.Add(refusalPause))
}

// replacing notes that a token was made in the place of a refused one. The source is locked.
func (s *Source) replacing(key Key) {
	now := s.now()
	maps.DeleteFunc(s.replaced, func(_ Key, at time.Time) bool { return !now.Before(at.Add(refusalPause)) })
	s.replaced[key] = now
}
