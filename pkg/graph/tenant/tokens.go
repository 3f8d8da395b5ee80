package tenant

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// How long a token is kept here, and how much of its life must be left to be given out: auth-broker
// promises two minutes, a page that streams slowly needs its token only when it begins.
const (
	keepFor  = time.Minute
	lifeLeft = 30 * time.Second
)

// Tokens gives the access tokens of one connection. Make it with [NewTokens].
type Tokens struct {
	broker     authv1.TokenServiceClient
	connection string
	now        func() time.Time

	turn    chan struct{} // one asks auth-broker, the others wait for its answer
	token   string
	expires time.Time // of the token
	until   time.Time // of keeping it
}

// NewTokens returns the tokens of a connection, asked for at auth-broker.
func NewTokens(broker grpc.ClientConnInterface, connection m365.ConnectionID) *Tokens {
	return &Tokens{
		broker: authv1.NewTokenServiceClient(broker), connection: "connections/" + string(connection),
		now: time.Now, turn: make(chan struct{}, 1),
	}
}

// Token implements graph.Tokens. Claims are the JSON of a challenge, and travel to auth-broker in
// base64, as they came from Graph; with claims the token is always a new one.
func (t *Tokens) Token(ctx context.Context, claims string) (string, time.Time, error) {
	encoded := base64.StdEncoding.EncodeToString([]byte(claims))
	return t.get(ctx, &authv1.GetTokenRequest{Claims: encoded}, func(string) bool { return claims == "" })
}

// Renew implements graph.Renewer. One caller asks for all whose token is the refused one.
func (t *Tokens) Renew(ctx context.Context, refused string) (string, time.Time, error) {
	digest := sha256.Sum256([]byte(refused))
	return t.get(ctx, &authv1.GetTokenRequest{RefusedSha256: digest[:]}, func(kept string) bool { return kept != refused })
}

// get returns the token that is kept if it will do, else what auth-broker says.
func (t *Tokens) get(ctx context.Context, request *authv1.GetTokenRequest, willDo func(kept string) bool) (string, time.Time, error) {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return "", time.Time{}, fault.Wrap("get token", ctx.Err())
	}
	defer func() { <-t.turn }()
	if t.now().Before(t.until) && willDo(t.token) {
		return t.token, t.expires, nil
	}
	request.Connection = t.connection
	reply, err := t.broker.GetToken(ctx, request)
	if err != nil {
		return "", time.Time{}, fault.Wrap("get token", err)
	}
	t.keep(reply)
	return t.token, t.expires, nil
}

func (t *Tokens) keep(reply *authv1.GetTokenResponse) {
	t.token, t.expires = reply.GetAccessToken(), reply.GetExpireTime().AsTime()
	t.until = t.now().Add(keepFor)
	if last := t.expires.Add(-lifeLeft); last.Before(t.until) {
		t.until = last
	}
}
