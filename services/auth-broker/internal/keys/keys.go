package keys

import (
	"context"
	"path/filepath"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
)

// Keys is the keys of all connections.
type Keys struct {
	dir string

	mu     sync.Mutex
	opened map[m365.ConnectionID]vault.Keys
}

// New keeps keys below that directory.
func New(dir string) *Keys { return &Keys{dir: dir, opened: map[m365.ConnectionID]vault.Keys{}} }

// Create returns the newest key of a unit, and makes the first one if there is none.
func (k *Keys) Create(ctx context.Context, connection m365.ConnectionID, unit string) (uint32, []byte, error) {
	store, err := k.of(ctx, connection)
	if err != nil {
		return 0, nil, err
	}
	key, err := store.Create(ctx, vault.UnitID(unit))
	return key.Version, key.Secret, advise(err)
}

// Open returns one version of a unit's key.
func (k *Keys) Open(ctx context.Context, connection m365.ConnectionID, unit string, version uint32) ([]byte, error) {
	store, err := k.of(ctx, connection)
	if err != nil {
		return nil, err
	}
	key, err := store.Open(ctx, vault.UnitID(unit), version)
	return key.Secret, advise(err)
}

func (k *Keys) of(ctx context.Context, connection m365.ConnectionID) (vault.Keys, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if store := k.opened[connection]; store != nil {
		return store, nil
	}
	dir := filepath.Join(k.dir, string(connection))
	backend, err := filesystem.New(filepath.Join(dir, "units"))
	if err != nil {
		return nil, fault.Wrap("open keys", err)
	}
	store, err := localkeys.Open(ctx, localkeys.Config{KeyFile: filepath.Join(dir, "tenant.key"), Backend: backend})
	if err != nil {
		return nil, err
	}
	k.opened[connection] = store.For(string(connection))
	return k.opened[connection], nil
}

// advise adds what to do about a key that is not there.
func advise(err error) error {
	if fault.Is(err, fault.NotFound) && fault.NextOf(err) == "" {
		return fault.As(fault.NotFound, "", err, fault.Reason("KEY_UNKNOWN"), fault.Next("bring back the directory keys of auth-broker's data directory from a copy"))
	}
	return err
}
