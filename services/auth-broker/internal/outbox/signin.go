package outbox

import (
	"context"
	"encoding/json"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Facts of the internal kind credential.
const (
	factCredentialSet       = "credential-set"
	factCredentialForgotten = "credential-forgotten"
)

// signIn is how a sign-in is written.
type signIn struct {
	Cloud       string        `json:"cloud"`
	Simulator   string        `json:"simulator,omitempty"`
	Tenant      m365.TenantID `json:"tenant"`
	Application m365.AppID    `json:"application"`
	Sealed      string        `json:"sealed"`
}

func signInKey(id m365.ConnectionID) state.Key {
	return state.Key{Kind: state.KindCredential, Connection: id, ID: string(id)}
}

// SignIn implements connection.Store.
func (s *Store) SignIn(ctx context.Context, id m365.ConnectionID) (connection.SignIn, error) {
	record, err := s.state.Get(ctx, signInKey(id))
	if fault.Is(err, fault.NotFound) {
		return connection.SignIn{}, missing(id)
	}
	if err != nil {
		return connection.SignIn{}, err
	}
	var w signIn
	if err := json.Unmarshal(record.Data, &w); err != nil {
		return connection.SignIn{}, fault.As(fault.Internal, "read sign-in", err)
	}
	return connection.SignIn{
		Connection: id, Version: record.Sequence, Cloud: w.Cloud, Simulator: w.Simulator,
		Tenant: w.Tenant, Application: w.Application, Sealed: w.Sealed,
	}, nil
}

// signInChange writes a sign-in over the version that it was decided on.
func signInChange(s connection.SignIn, fact string) (state.Change, error) {
	data, err := json.Marshal(signIn{Cloud: s.Cloud, Simulator: s.Simulator, Tenant: s.Tenant, Application: s.Application, Sealed: s.Sealed})
	return state.Change{
		Key: signInKey(s.Connection), Fact: fact, Data: data, Expect: s.Version, Removed: fact == factCredentialForgotten,
	}, fault.As(fault.Internal, "write sign-in", err)
}

func missing(id m365.ConnectionID) error {
	return fault.New(fault.NotFound, "find connection", "there is no connection "+string(id),
		fault.Reason("CONNECTION_UNKNOWN"), fault.Next("connection list shows those that are there"))
}
