package connection

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Store keeps connections and their sign-ins. Each call is one commit: all of it happens or nothing.
type Store interface {
	// Create keeps a new connection with its sign-in and claims its tenant. fault.Exists with reason
	// TenantConnected if another connection has the tenant, with ConnectionExists if the id is taken;
	// fault.Precondition with RequestSpent if the id belonged to a connection that was removed.
	Create(ctx context.Context, connection Connection, signIn SignIn) (Connection, error)

	// Get returns the newest state; fault.NotFound.
	Get(ctx context.Context, id m365.ConnectionID) (Connection, error)

	// List returns at most limit connections in the order of their ids after that id, with every change
	// that this process has made, and whether there are more.
	List(ctx context.Context, after m365.ConnectionID, limit int) (page []Connection, more bool, err error)

	// Edit lets edit change both and writes what it changed. It calls edit again with newer states if
	// somebody else was faster.
	Edit(ctx context.Context, id m365.ConnectionID, edit func(*Connection, *SignIn) (Fact, error)) (Connection, error)

	// Remove ends the connection and its sign-in and frees the tenant, if may agrees.
	Remove(ctx context.Context, id m365.ConnectionID, may func(Connection) error) error

	// SignIn returns what the connection signs in as at this moment; fault.NotFound once it is removed.
	SignIn(ctx context.Context, id m365.ConnectionID) (SignIn, error)
}

// Secrets keeps credentials so that nobody else can read them.
type Secrets interface {
	// Keep seals a credential and returns its reference.
	Keep(ctx context.Context, id m365.ConnectionID, credential Credential) (ref string, err error)

	// Read opens one; fault.Precondition if it is not there or cannot be opened.
	Read(ctx context.Context, id m365.ConnectionID, ref string) (Credential, error)

	// Forget removes one; one that is not there is no error.
	Forget(ctx context.Context, id m365.ConnectionID, ref string) error

	// Kept lists what is there.
	Kept(ctx context.Context) ([]Kept, error)
}

// Kept is one sealed credential.
type Kept struct {
	Connection m365.ConnectionID
	Ref        string
	Since      time.Time
}

// Entra is the tenant's side. Its errors name the cause and the next step.
type Entra interface {
	// SignIn asks for a new token. claims is a challenge that has to be answered, or empty.
	SignIn(ctx context.Context, signIn SignIn, credential Credential, claims string) (Token, error)

	// Organization reads the tenant's own record from Graph.
	Organization(ctx context.Context, signIn SignIn, token Token) (Organization, error)

	// Size counts the tenant's users and licences.
	Size(ctx context.Context, signIn SignIn, token Token) (Size, error)
}

// Token is an access token for Graph. It is never logged and never kept in clear.
type Token struct {
	Access   string
	Asked    time.Time     // when it was asked for; its life is counted from here, to be on the safe side
	Lifetime time.Duration // as Entra said
	Roles    []string      // application permissions in it
	Readable bool          // whether the roles could be read at all: a token is opaque by contract
	Skew     time.Duration // how far our clock is ahead of Entra's
}

// Organization is a tenant's record of itself.
type Organization struct {
	ID      m365.TenantID
	Name    string
	Domains []string // verified ones, the default first
}

// Keeper takes tokens that a test has got, so that nobody has to ask for another one.
type Keeper interface {
	Keep(ctx context.Context, signIn SignIn, token Token)
}

// Stable codes of errors, for programs.
const (
	TenantConnected  = "TENANT_CONNECTED"
	ConnectionExists = "CONNECTION_EXISTS"
	RequestSpent     = "REQUEST_SPENT"
)
