package authbroker

import (
	"context"
	"log/slog"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// issuer lets tokens come from signing connections in.
type issuer struct{ broker *connection.Broker }

var _ token.Issuer = issuer{}

func (i issuer) Version(ctx context.Context, id m365.ConnectionID) (uint64, error) {
	signIn, err := i.broker.Store.SignIn(ctx, id)
	return signIn.Version, err
}

func (i issuer) Issue(ctx context.Context, id m365.ConnectionID, claims string) (token.Token, uint64, error) {
	issued, version, err := i.broker.Token(ctx, id, claims)
	if err != nil {
		return token.Token{}, 0, err
	}
	return token.New(issued.Access, issued.Asked, issued.Lifetime), version, nil
}

// keeper puts the token of a test into the cache: it is newer than the one there, and shows permissions
// that were granted since.
type keeper struct {
	cache token.Cache
	log   *slog.Logger
}

func (k keeper) Keep(ctx context.Context, signIn connection.SignIn, issued connection.Token) {
	key := token.Key{Connection: signIn.Connection, Version: signIn.Version}
	if err := k.cache.Put(ctx, key, token.New(issued.Access, issued.Asked, issued.Lifetime)); err != nil {
		k.log.WarnContext(ctx, "token cache", "error", err)
	}
}
