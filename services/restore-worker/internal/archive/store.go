package archive

import (
	"context"
	"path/filepath"
	"sync"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/brokerkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Store opens the vaults below a directory, with keys that auth-broker opens.
type Store struct {
	dir    string
	broker grpc.ClientConnInterface

	mu     sync.Mutex
	vaults map[m365.ConnectionID]*vault.Vault
}

// New returns the store of the vaults below dir.
func New(dir string, broker grpc.ClientConnInterface) *Store {
	return &Store{dir: dir, broker: broker, vaults: map[m365.ConnectionID]*vault.Vault{}}
}

var _ snapshot.Archive = (*Store)(nil)

// Snapshots implements snapshot.Archive. What an unfinished backup has stored so far is not a
// snapshot yet.
func (s *Store) Snapshots(ctx context.Context, resource snapshot.Resource) ([]snapshot.Info, error) {
	v, err := s.vault(ctx, resource.Connection)
	if err != nil {
		return nil, err
	}
	all, err := v.Snapshots(ctx, vault.UnitID(resource.Unit))
	if err != nil {
		return nil, err
	}
	infos := make([]snapshot.Info, 0, len(all))
	for _, one := range all {
		if !one.Progress {
			infos = append(infos, info(one))
		}
	}
	return infos, nil
}

func info(one vault.Snapshot) snapshot.Info {
	n := one.Counts
	return snapshot.Info{
		ID: content.SnapshotID(one.Seq), Time: one.Time, Items: n.Items - n.Folders, Failed: n.Failed,
		Added: n.Added, Changed: n.Changed, Deleted: n.Deleted, BytesStored: n.BytesStored, Complete: !one.Partial,
	}
}

// Open implements snapshot.Archive.
func (s *Store) Open(ctx context.Context, resource snapshot.Resource, id string) (snapshot.Reader, error) {
	sequence, err := content.ParseSnapshotID(id)
	if err != nil {
		return nil, err
	}
	v, err := s.vault(ctx, resource.Connection)
	if err != nil {
		return nil, err
	}
	view, err := v.At(ctx, vault.UnitID(resource.Unit), sequence)
	if fault.Is(err, fault.NotFound) {
		return nil, noSnapshot(sequence)
	}
	if err != nil {
		return nil, err
	}
	if resource.Workload == m365.Files {
		return &Contents{view: view, unit: resource.Unit, layout: drive{}}, nil
	}
	return &Contents{view: view, unit: resource.Unit, layout: mailbox{view}}, nil
}

func noSnapshot(sequence uint64) error {
	if sequence == 0 {
		return fault.New(fault.NotFound, "open snapshot", "there is no backup of this resource yet", fault.Reason("NO_SNAPSHOT"),
			fault.Next("start one: tenantkeep backup start RESOURCE --wait"))
	}
	return fault.New(fault.NotFound, "open snapshot", "the resource has no snapshot of that number", fault.Reason("SNAPSHOT_NOT_FOUND"),
		fault.Next("list the snapshots: tenantkeep snapshot list RESOURCE"))
}

func (s *Store) vault(ctx context.Context, connection m365.ConnectionID) (*vault.Vault, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.vaults[connection]; v != nil {
		return v, nil
	}
	backend, err := filesystem.New(filepath.Join(s.dir, string(connection)))
	if err != nil {
		return nil, fault.Wrap("open vault", err)
	}
	v, err := vault.Open(ctx, vault.Config{ID: string(connection), Backend: backend, Keys: brokerkeys.New(s.broker, connection)})
	if err != nil {
		return nil, err
	}
	s.vaults[connection] = v
	return v, nil
}
