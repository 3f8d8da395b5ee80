package api

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/message"
)

// UnitKeys makes and opens the data keys of vault units.
type UnitKeys interface {
	// Create returns the newest key of a unit, and makes the first one if there is none.
	Create(ctx context.Context, connection m365.ConnectionID, unit string) (version uint32, key []byte, err error)

	// Open returns one version; fault.NotFound.
	Open(ctx context.Context, connection m365.ConnectionID, unit string, version uint32) ([]byte, error)
}

// Keys answers KeyService.
type Keys struct {
	authv1.UnimplementedKeyServiceServer
	Units       UnitKeys
	Connections connection.Store
}

// CreateUnitKey implements authv1.KeyServiceServer. A connection that is gone gets no new keys.
func (s *Keys) CreateUnitKey(ctx context.Context, r *authv1.CreateUnitKeyRequest) (*authv1.CreateUnitKeyResponse, error) {
	id, err := message.ID(r.GetConnection())
	if err != nil {
		return nil, err
	}
	if _, err := s.Connections.Get(ctx, id); err != nil {
		return nil, err
	}
	version, key, err := s.Units.Create(ctx, id, r.GetUnit())
	if err != nil {
		return nil, err
	}
	return &authv1.CreateUnitKeyResponse{Version: version, Key: key}, nil
}

// OpenUnitKey implements authv1.KeyServiceServer. It works for a connection that is gone: what was backed
// up stays readable.
func (s *Keys) OpenUnitKey(ctx context.Context, r *authv1.OpenUnitKeyRequest) (*authv1.OpenUnitKeyResponse, error) {
	id, err := message.ID(r.GetConnection())
	if err != nil {
		return nil, err
	}
	key, err := s.Units.Open(ctx, id, r.GetUnit(), r.GetVersion())
	if err != nil {
		return nil, err
	}
	return &authv1.OpenUnitKeyResponse{Key: key}, nil
}
