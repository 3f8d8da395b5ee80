package tenant

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// Reader is what is needed of the state.
type Reader interface {
	Get(ctx context.Context, key state.Key) (state.Record, error)
}

// place is what makes a client differ from the one before: where the tenant is, and as whom
// Tenantkeep signs in there.
type place struct {
	cloud       m365.Cloud
	tenant      m365.TenantID
	application m365.AppID
	credential  string // a rotated credential means other tokens
	size        graph.Size
}

// same tells whether a client of the one place does for the other.
func (p place) same(other place) bool {
	limits := p.size.SameLimits(other.size)
	p.size, other.size = graph.Size{}, graph.Size{}
	return limits && p == other
}

// key of the entity of a connection.
func key(connection m365.ConnectionID) state.Key {
	return state.Key{Kind: state.KindConnection, Connection: connection, ID: string(connection)}
}

// locate reads where a connection leads to.
func locate(ctx context.Context, reader Reader, connection m365.ConnectionID) (place, error) {
	const op = "open connection"
	record, err := reader.Get(ctx, key(connection))
	if fault.Is(err, fault.NotFound) {
		return place{}, fault.New(fault.NotFound, op, "connection "+string(connection)+" is not there",
			fault.Reason("CONNECTION_NOT_FOUND"), fault.Next("see which connections there are: tenantkeep connection list"))
	}
	if err != nil {
		return place{}, fault.Wrap(op, err)
	}
	entity := &authv1.Connection{}
	if err := proto.Unmarshal(record.Data, entity); err != nil {
		return place{}, fault.As(fault.Internal, op, err)
	}
	p, err := placeOf(entity)
	return p, fault.Wrap(op, err)
}

func placeOf(entity *authv1.Connection) (place, error) {
	cloud, err := cloudOf(entity)
	if err != nil {
		return place{}, fault.As(fault.Invalid, "", err, fault.Reason("CLOUD_UNKNOWN"), fault.Next("add the connection again with another --cloud"))
	}
	tenant, err := m365.ParseTenantID(entity.GetTenantId())
	if err != nil {
		return place{}, fault.As(fault.Invalid, "", err)
	}
	return place{
		cloud: cloud, tenant: tenant, application: m365.AppID(entity.GetApplicationId()),
		credential: entity.GetCredential().String() + entity.GetCertificateThumbprint(),
		size:       graph.Size{Users: int(entity.GetUsers()), Licences: int(entity.GetLicences())},
	}, nil
}

func cloudOf(entity *authv1.Connection) (m365.Cloud, error) {
	if entity.GetCloud() != "sim" {
		return m365.CloudNamed(entity.GetCloud())
	}
	if entity.GetSimulator() == "" {
		return m365.Cloud{}, errors.New("cloud sim: the connection has no address of a simulator")
	}
	return m365.Simulated(entity.GetSimulator()), nil
}
