package token

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Token is an access token and when it is good. Times are UTC.
type Token struct {
	Access  string
	Renew   time.Time // from here on a new one is asked for
	Give    time.Time // until here it is given out: what is left then is enough for a call
	Expires time.Time
}

// String keeps tokens out of logs.
func (Token) String() string { return "(token)" }

// leastLife is how long a token that is given out is good for at least. Tokens that live for less than
// twenty minutes, which only a test has, keep a tenth of their life.
const leastLife = 2 * time.Minute

// New is the token that was asked for at that time and lives so long from then.
func New(access string, asked time.Time, lifetime time.Duration) Token {
	share := 0.70 + 0.15*rand.Float64() //nolint:gosec // spreads load, keeps no secret
	return Token{
		Access: access, Expires: asked.Add(lifetime).UTC(),
		Renew: asked.Add(time.Duration(share * float64(lifetime))).UTC(),
		Give:  asked.Add(lifetime - min(leastLife, lifetime/10)).UTC(),
	}
}

// Digest is the SHA-256 of an access token; the zero value is that of none.
type Digest [sha256.Size]byte

// Digest tells tokens apart without telling them.
func (t Token) Digest() Digest { return sha256.Sum256([]byte(t.Access)) }

// Key is where a token is cached.
type Key struct {
	Connection m365.ConnectionID
	Version    uint64 // of what the connection signs in as
}

// Cache keeps tokens for all brokers. fault.Transient means that it cannot be reached.
type Cache interface {
	// Get returns the token of a key; fault.NotFound if there is none or it has expired.
	Get(ctx context.Context, key Key) (Token, error)

	// Put keeps a token until it expires, in place of an earlier one.
	Put(ctx context.Context, key Key, token Token) error

	// Lock gives one caller at a time the right to ask for a token, until release or until that long has
	// passed. taken is false if another one has it. release does nothing for a lock that was lost.
	Lock(ctx context.Context, key Key, hold time.Duration) (release func(context.Context) error, taken bool, err error)
}

// Issuer is where tokens come from.
type Issuer interface {
	// Version is that of what the connection signs in as at this moment; fault.NotFound once it is removed.
	Version(ctx context.Context, connection m365.ConnectionID) (uint64, error)

	// Issue signs in and returns the new token and the version it was made with.
	Issue(ctx context.Context, connection m365.ConnectionID, claims string) (Token, uint64, error)
}
