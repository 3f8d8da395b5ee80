package connection

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Broker is the rules of connections over what keeps them. It may be used by many goroutines.
type Broker struct {
	Store   Store
	Secrets Secrets
	Entra   Entra
	Keeper  Keeper
	Now     func() time.Time
}

// Request is what a new connection is made of.
type Request struct {
	DisplayName string
	Cloud       string
	Simulator   string
	Tenant      string
	Application string
	Credential  Credential
	RequestID   string // makes a repetition safe; empty for none
	OnlyTest    bool   // save nothing
}

// Create connects a tenant and tests the connection. A repetition with the same request id tests the
// connection that the first one made.
func (b *Broker) Create(ctx context.Context, request Request) (Connection, []Check, error) {
	connection, err := request.check(b.Now())
	if err != nil {
		return Connection{}, nil, err
	}
	if request.OnlyTest {
		checks := b.examine(ctx, &connection, connection.SignIn(""), request.Credential, nil)
		return connection, checks, nil
	}
	created, err := b.create(ctx, connection, request.Credential)
	if fault.ReasonOf(err) == ConnectionExists {
		created, err = b.repeated(ctx, connection)
	}
	if err != nil {
		return Connection{}, nil, err
	}
	return b.Test(ctx, created.ID)
}

func (b *Broker) create(ctx context.Context, connection Connection, credential Credential) (Connection, error) {
	ref, err := b.Secrets.Keep(ctx, connection.ID, credential)
	if err != nil {
		return Connection{}, err
	}
	created, err := b.Store.Create(ctx, connection, connection.SignIn(ref))
	if err != nil && !fault.Is(err, fault.Transient) { // with Transient nobody knows; the sweep finds out
		b.forget(ctx, connection.ID, ref)
	}
	return created, err
}

// repeated finds what the same request has made before.
func (b *Broker) repeated(ctx context.Context, wanted Connection) (Connection, error) {
	existing, err := b.Store.Get(ctx, wanted.ID)
	if err != nil {
		return Connection{}, err
	}
	if existing.Tenant != wanted.Tenant || existing.Cloud != wanted.Cloud || existing.Simulator != wanted.Simulator {
		return Connection{}, fault.New(fault.Invalid, "create connection", "the request id was used to connect another tenant",
			fault.Reason("REQUEST_REUSED"), fault.Next("use a new request_id for each connection"))
	}
	return existing, nil
}

func (r Request) check(now time.Time) (Connection, error) {
	c := Connection{
		ID: newID(r.RequestID), DisplayName: strings.TrimSpace(r.DisplayName), Cloud: r.Cloud, Simulator: strings.TrimSpace(r.Simulator),
		State: New, Created: now.UTC(),
	}
	var err error
	if c.Tenant, err = m365.ParseTenantID(r.Tenant); err != nil {
		return c, invalid(err.Error(), "TENANT_MALFORMED", "give the directory (tenant) id that the Entra admin center shows under Overview")
	}
	if c.Application, err = m365.ParseAppID(r.Application); err != nil {
		return c, invalid(err.Error(), "APPLICATION_MALFORMED", "give the application (client) id of the app registration")
	}
	if _, err := endpoints(c.Cloud, c.Simulator); err != nil {
		return c, err
	}
	switch {
	case c.Cloud == "sim" && c.Simulator == "":
		return c, invalid("the simulator's address is missing", "SIMULATOR_MISSING", "give its address, such as 127.0.0.1:8080")
	case c.Cloud != "sim" && c.Simulator != "":
		return c, invalid("a simulator's address belongs to cloud sim only", "SIMULATOR_UNEXPECTED", "leave it out or choose cloud sim")
	case len(r.RequestID) > maxRequestID:
		return c, invalid(fmt.Sprintf("the request id has %d characters", len(r.RequestID)), "REQUEST_ID_LONG", "use at most 64, such as a UUID")
	}
	if err := c.name(c.DisplayName); err != nil {
		return c, err
	}
	return c, r.Credential.check(&c, now)
}

const (
	maxRequestID = 64
	maxName      = 200
)

// name sets the display name; without one it is the tenant's id until a test has found a better one.
func (c *Connection) name(text string) error {
	if len(text) > maxName {
		return invalid(fmt.Sprintf("the display name has %d bytes", len(text)), "NAME_LONG", "use at most 200")
	}
	if c.DisplayName = text; text == "" {
		c.DisplayName = string(c.Tenant)
	}
	return nil
}

// adoptName calls a connection what its organisation is called, unless a person has named it.
func (c *Connection) adoptName() {
	if c.DisplayName == string(c.Tenant) && c.Organization != "" {
		c.DisplayName = c.Organization
	}
}

func invalid(cause, reason, next string) error {
	return fault.New(fault.Invalid, "check connection", cause, fault.Reason(reason), fault.Next(next))
}

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newID is random, or the same for the same request.
func newID(requestID string) m365.ConnectionID {
	var id [10]byte
	if requestID == "" {
		_, _ = rand.Read(id[:]) // never fails, says its documentation
	} else {
		id = digest("connection request", requestID)
	}
	return m365.ConnectionID(idText.EncodeToString(id[:]))
}

// forgetFor bounds how long a credential that nobody needs any more is being removed; what is left is swept.
const forgetFor = 5 * time.Second

// forget goes on when the caller has gone.
func (b *Broker) forget(ctx context.Context, id m365.ConnectionID, ref string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), forgetFor)
	defer cancel()
	_ = b.Secrets.Forget(ctx, id, ref) // the sweep does it otherwise
}
