package work

import (
	"context"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/brokerkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
)

// Store keeps the vaults of this process open, one per connection.
type Store struct {
	dir    string
	broker grpc.ClientConnInterface

	mu   sync.Mutex
	open map[m365.ConnectionID]*vault.Vault
}

// NewStore returns the vaults below a directory, with keys from auth-broker.
func NewStore(dir string, broker grpc.ClientConnInterface) *Store {
	return &Store{dir: dir, broker: broker, open: map[m365.ConnectionID]*vault.Vault{}}
}

// Find tells whether a unit has a snapshot; fault.NotFound.
func (s *Store) Find(ctx context.Context, connection m365.ConnectionID, unit string, sequence uint64) error {
	v, err := s.Open(ctx, connection)
	if err != nil {
		return err
	}
	_, err = v.At(ctx, vault.UnitID(unit), sequence)
	return err
}

// Open returns the vault of a connection.
func (s *Store) Open(ctx context.Context, connection m365.ConnectionID) (*vault.Vault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.open[connection]; v != nil {
		return v, nil
	}
	backend, err := filesystem.New(filepath.Join(s.dir, string(connection)))
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, vault.Config{ID: string(connection), Backend: backend, Keys: brokerkeys.New(s.broker, connection)})
	if err != nil {
		return nil, err
	}
	s.open[connection] = v
	return v, nil
}
