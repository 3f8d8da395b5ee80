package outbox

import (
	"context"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/message"
)

// Store implements connection.Store. Lists work while Run runs.
type Store struct {
	state    state.Store
	entities *state.Entities[*authv1.Connection]
	view     *state.Projection[*authv1.Connection]
}

var _ connection.Store = (*Store)(nil)

// New keeps connections in that state.
func New(store state.Store) *Store {
	entities := state.NewEntities(store, state.KindConnection, (*authv1.Connection)(nil))
	return &Store{state: store, entities: entities, view: state.NewProjection(entities, state.Filter{})}
}

// Run follows the state for lists until ctx ends.
func (s *Store) Run(ctx context.Context) error { return s.view.Run(ctx) }

// claim makes a tenant unique: per login host, since simulators may repeat each other's tenants.
func claim(c connection.Connection) (state.Claim, error) {
	endpoints, err := connection.SignIn{Cloud: c.Cloud, Simulator: c.Simulator}.Endpoints()
	return state.Claim{
		Connection: bus.NoConnection, Name: "tenant", Value: endpoints.Login + "/" + string(c.Tenant),
		Owner: state.Key{Kind: state.KindConnection, Connection: c.ID, ID: string(c.ID)},
	}, err
}

// Create implements connection.Store.
func (s *Store) Create(ctx context.Context, c connection.Connection, signIn connection.SignIn) (connection.Connection, error) {
	switch record, err := s.state.Get(ctx, s.entities.Key(c.ID, string(c.ID))); {
	case err == nil:
		return c, fault.New(fault.Exists, "create connection", "the request was carried out before", fault.Reason(connection.ConnectionExists))
	case !fault.Is(err, fault.NotFound):
		return c, err
	case record.Removed:
		return c, fault.New(fault.Precondition, "create connection", "the connection that this request made was removed since",
			fault.Reason(connection.RequestSpent), fault.Next("repeat it with a new request_id"))
	}
	also, err := s.beside(ctx, c, signIn)
	if err != nil {
		return c, err
	}
	m := &authv1.Connection{}
	message.Write(c, m)
	change, err := s.entities.New(c.ID, string(c.ID), string(connection.FactCreated), m, origin(ctx))
	if err != nil {
		return c, err
	}
	records, err := s.state.Commit(ctx, append([]state.Change{change}, also...)...)
	if fault.Is(err, fault.Conflict) { // somebody was faster: with the same request, or with the same tenant
		return s.Create(ctx, c, signIn)
	}
	if err != nil {
		return c, err
	}
	c.Revision = m.GetRevision()
	return c, s.view.WaitFor(ctx, records[0].Sequence)
}

// beside is what is written together with a new connection.
func (s *Store) beside(ctx context.Context, c connection.Connection, signIn connection.SignIn) ([]state.Change, error) {
	tenant, err := claim(c)
	if err != nil {
		return nil, err
	}
	changes, err := tenant.Take(ctx, s.state)
	if fault.Is(err, fault.Exists) {
		return nil, fault.New(fault.Exists, "create connection", "the tenant is connected already"+s.as(ctx, tenant), fault.Reason(connection.TenantConnected),
			fault.Next("use that connection; to give it another application or credential: tenantkeep connection modify"))
	}
	if err != nil {
		return nil, err
	}
	change, err := signInChange(signIn, factCredentialSet)
	return append(changes, change), err
}

// as says under which name a tenant is connected, if that can be read.
func (s *Store) as(ctx context.Context, tenant state.Claim) string {
	record, err := s.state.Get(ctx, tenant.Key())
	if err != nil {
		return ""
	}
	owner := string(record.Data)
	return ", as " + message.Name(m365.ConnectionID(owner[strings.LastIndexByte(owner, '/')+1:]))
}

// Get implements connection.Store.
func (s *Store) Get(ctx context.Context, id m365.ConnectionID) (connection.Connection, error) {
	entity, err := s.entities.Get(ctx, id, string(id))
	if fault.Is(err, fault.NotFound) {
		return connection.Connection{}, missing(id)
	}
	if err != nil {
		return connection.Connection{}, err
	}
	return message.Read(entity.Value), nil
}

// List implements connection.Store.
func (s *Store) List(ctx context.Context, after m365.ConnectionID, limit int) ([]connection.Connection, bool, error) {
	select {
	case <-s.view.Ready():
	case <-ctx.Done():
		return nil, false, fault.As(fault.Transient, "list connections", ctx.Err(), fault.Next("the service is starting; try again"))
	}
	from := ""
	if after != "" {
		from = string(after) + "/" + string(after)
	}
	entities, next := s.view.Page("", from, limit, nil)
	page := make([]connection.Connection, len(entities))
	for i, entity := range entities {
		page[i] = message.Read(entity.Value)
	}
	return page, next != "", nil
}

// IDs are those of all connections; none while the store is still reading them.
func (s *Store) IDs(context.Context) ([]m365.ConnectionID, error) {
	select {
	case <-s.view.Ready():
	default:
		return nil, nil
	}
	entities, _ := s.view.Page("", "", 0, nil)
	ids := make([]m365.ConnectionID, len(entities))
	for i, entity := range entities {
		ids[i] = message.Read(entity.Value).ID
	}
	return ids, nil
}

// Edit implements connection.Store.
func (s *Store) Edit(ctx context.Context, id m365.ConnectionID, edit func(*connection.Connection, *connection.SignIn) (connection.Fact, error)) (connection.Connection, error) {
	return s.decide(ctx, id, func(c *connection.Connection, signIn *connection.SignIn) (state.Decision, error) {
		before := *signIn
		fact, err := edit(c, signIn)
		if err != nil || fact == connection.Nothing || *signIn == before {
			return state.Decision{Fact: string(fact)}, err
		}
		change, err := signInChange(*signIn, factCredentialSet)
		return state.Decision{Fact: string(fact), Also: []state.Change{change}}, err
	})
}

// Remove implements connection.Store.
func (s *Store) Remove(ctx context.Context, id m365.ConnectionID, may func(connection.Connection) error) error {
	_, err := s.decide(ctx, id, func(c *connection.Connection, signIn *connection.SignIn) (state.Decision, error) {
		if err := may(*c); err != nil {
			return state.Decision{}, err
		}
		tenant, err := claim(*c)
		if err != nil {
			return state.Decision{}, err
		}
		also, err := tenant.Release(ctx, s.state)
		if err != nil {
			return state.Decision{}, err
		}
		change, err := signInChange(*signIn, factCredentialForgotten)
		return state.Decision{Fact: string(connection.FactRemoved), Remove: true, Also: append(also, change)}, err
	})
	return err
}

func (s *Store) decide(ctx context.Context, id m365.ConnectionID, decide func(*connection.Connection, *connection.SignIn) (state.Decision, error)) (connection.Connection, error) {
	written, err := s.entities.Decide(ctx, id, string(id), origin(ctx), func(entity state.Entity[*authv1.Connection]) (state.Decision, error) {
		signIn, err := s.SignIn(ctx, id)
		if err != nil {
			return state.Decision{}, err
		}
		c := message.Read(entity.Value)
		decision, err := decide(&c, &signIn)
		if decision.Fact != "" {
			message.Write(c, entity.Value)
		}
		return decision, err
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return connection.Connection{}, missing(id)
	case err != nil:
		return connection.Connection{}, err
	}
	return message.Read(proto.CloneOf(written.Value)), s.view.WaitFor(ctx, written.Sequence)
}

// origin names who is behind a change: the caller, or nobody when a token is renewed.
func origin(ctx context.Context) state.Origin {
	if caller := identity.CallerOf(ctx); caller != (identity.Caller{}) {
		return state.Origin{Cause: "command", Actor: caller.String()}
	}
	return state.Origin{Cause: "token renewal", Actor: identity.Caller{Service: identity.AuthBroker}.String()}
}
