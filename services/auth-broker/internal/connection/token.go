package connection

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Token signs the connection in and returns a new token with the version of what it signed in as. A
// refusal degrades the connection, so that people hear of it before the next backup is missed; the first
// token after that is also a test, which lifts it again.
func (b *Broker) Token(ctx context.Context, id m365.ConnectionID, claims string) (Token, uint64, error) {
	signIn, err := b.Store.SignIn(ctx, id)
	if err != nil {
		return Token{}, 0, err
	}
	credential, err := b.Secrets.Read(ctx, id, signIn.Sealed)
	if err != nil {
		return Token{}, 0, b.refused(ctx, signIn, err)
	}
	token, err := b.Entra.SignIn(ctx, signIn, credential, claims)
	if err != nil {
		return Token{}, 0, b.refused(ctx, signIn, err)
	}
	b.lift(ctx, signIn, token)
	return token, signIn.Version, nil
}

// refused notes why a connection cannot sign in. Trouble that goes by is not worth it.
func (b *Broker) refused(ctx context.Context, signIn SignIn, cause error) error {
	if fault.Retryable(cause) || fault.Is(cause, fault.Invalid) {
		return cause
	}
	problem := ProblemOf(cause)
	_, _ = b.Store.Edit(ctx, signIn.Connection, func(c *Connection, now *SignIn) (Fact, error) {
		if now.Version != signIn.Version || c.State == Degraded && c.Problem != nil && c.Problem.Reason == problem.Reason {
			return Nothing, nil
		}
		c.State, c.Problem = Degraded, problem
		return FactDegraded, nil
	}) // the refusal itself is what the caller has to know
	return cause
}

// lift tests a degraded connection with a token that it got after all. Whatever goes wrong here is
// tried again with the next token.
func (b *Broker) lift(ctx context.Context, signIn SignIn, token Token) {
	c, err := b.Store.Get(ctx, signIn.Connection)
	if err != nil || c.State != Degraded {
		return
	}
	e := &examination{broker: b, connection: &c, signIn: signIn}
	e.inspect(ctx, token)
	e.conclude()
	if c.State == Verified {
		_, _ = b.note(ctx, c, signIn.Version)
	}
}
