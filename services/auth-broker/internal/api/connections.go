package api

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/message"
)

// Connections answers ConnectionService.
type Connections struct {
	authv1.UnimplementedConnectionServiceServer
	Broker *connection.Broker
}

// CreateConnection implements authv1.ConnectionServiceServer.
func (s *Connections) CreateConnection(ctx context.Context, r *authv1.CreateConnectionRequest) (*authv1.CreateConnectionResponse, error) {
	c := r.GetConnection()
	created, checks, err := s.Broker.Create(ctx, connection.Request{
		DisplayName: c.GetDisplayName(), Cloud: c.GetCloud(), Simulator: c.GetSimulator(), Tenant: c.GetTenantId(), Application: c.GetApplicationId(),
		Credential: credential(r.GetCredential()), RequestID: r.GetRequestId(), OnlyTest: r.GetValidateOnly(),
	})
	if err != nil {
		return nil, err
	}
	return &authv1.CreateConnectionResponse{Connection: s.shown(created, r.GetValidateOnly()), Checks: message.Checks(checks)}, nil
}

// shown has no name if nothing was saved under it.
func (s *Connections) shown(c connection.Connection, unsaved bool) *authv1.Connection {
	m := written(c)
	if unsaved {
		m.Name, m.CreateTime = "", nil
	}
	return m
}

// GetConnection implements authv1.ConnectionServiceServer.
func (s *Connections) GetConnection(ctx context.Context, r *authv1.GetConnectionRequest) (*authv1.GetConnectionResponse, error) {
	id, err := message.ID(r.GetName())
	if err != nil {
		return nil, err
	}
	c, err := s.Broker.Store.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return &authv1.GetConnectionResponse{Connection: written(c)}, nil
}

// ListConnections implements authv1.ConnectionServiceServer.
func (s *Connections) ListConnections(ctx context.Context, r *authv1.ListConnectionsRequest) (*authv1.ListConnectionsResponse, error) {
	size, err := pageSize(r.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken(r.GetPageToken())
	if err != nil {
		return nil, err
	}
	page, more, err := s.Broker.Store.List(ctx, after, size)
	if err != nil {
		return nil, err
	}
	reply := &authv1.ListConnectionsResponse{}
	for _, c := range page {
		reply.Connections = append(reply.Connections, written(c))
	}
	if more {
		reply.NextPageToken = writeToken(page[len(page)-1].ID)
	}
	return reply, nil
}

// UpdateConnection implements authv1.ConnectionServiceServer.
func (s *Connections) UpdateConnection(ctx context.Context, r *authv1.UpdateConnectionRequest) (*authv1.UpdateConnectionResponse, error) {
	id, err := message.ID(r.GetConnection().GetName())
	if err != nil {
		return nil, err
	}
	update := connection.Update{ID: id, Revision: r.GetConnection().GetRevision()}
	if err := masked(r, &update); err != nil {
		return nil, err
	}
	if r.GetCredential() != nil {
		given := credential(r.GetCredential())
		update.Credential = &given
	}
	c, checks, err := s.Broker.Update(ctx, update)
	if err != nil {
		return nil, err
	}
	return &authv1.UpdateConnectionResponse{Connection: written(c), Checks: message.Checks(checks)}, nil
}

// masked takes the fields that the mask names; without a mask those that are not empty.
func masked(r *authv1.UpdateConnectionRequest, update *connection.Update) error {
	c, paths := r.GetConnection(), r.GetUpdateMask().GetPaths()
	if r.GetUpdateMask() == nil {
		if c.GetDisplayName() != "" {
			paths = append(paths, "display_name")
		}
		if c.GetApplicationId() != "" {
			paths = append(paths, "application_id")
		}
	}
	for _, path := range paths {
		switch path {
		case "display_name":
			update.DisplayName = &c.DisplayName
		case "application_id":
			update.Application = &c.ApplicationId
		default:
			return fault.New(fault.Invalid, "read update mask", path+" cannot be changed", fault.Reason("MASK_UNKNOWN"),
				fault.Next("name display_name or application_id; a credential is given beside the connection"))
		}
	}
	return nil
}

// DeleteConnection implements authv1.ConnectionServiceServer.
func (s *Connections) DeleteConnection(ctx context.Context, r *authv1.DeleteConnectionRequest) (*authv1.DeleteConnectionResponse, error) {
	id, err := message.ID(r.GetName())
	if err != nil {
		return nil, err
	}
	return &authv1.DeleteConnectionResponse{}, s.Broker.Delete(ctx, id, r.GetRevision())
}

// TestConnection implements authv1.ConnectionServiceServer.
func (s *Connections) TestConnection(ctx context.Context, r *authv1.TestConnectionRequest) (*authv1.TestConnectionResponse, error) {
	id, err := message.ID(r.GetName())
	if err != nil {
		return nil, err
	}
	c, checks, err := s.Broker.Test(ctx, id)
	if err != nil {
		return nil, err
	}
	return &authv1.TestConnectionResponse{Connection: written(c), Checks: message.Checks(checks)}, nil
}

func credential(c *authv1.Credential) connection.Credential {
	return connection.Credential{Secret: c.GetSecret(), PEM: c.GetCertificate().GetPem()}
}

func written(c connection.Connection) *authv1.Connection {
	m := &authv1.Connection{Revision: c.Revision}
	message.Write(c, m)
	return m
}
