package api

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Resources knows what is or was protected. Errors: fault.NotFound.
type Resources interface {
	Get(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID) (snapshot.Resource, error)
	List(ctx context.Context, connection m365.ConnectionID) ([]snapshot.Resource, error)
}

// opened is a snapshot that a name names.
type opened struct {
	resource snapshot.Resource
	reader   snapshot.Reader
	tree     *snapshot.Tree
}

// name is that of the snapshot, with its number.
func (o opened) name() string { return snapshotName(o.resource, o.reader.Info()) }

func snapshotName(resource snapshot.Resource, info snapshot.Info) string {
	return resource.Name() + "/snapshots/" + info.ID
}

// open finds the snapshot of a name.
func open(ctx context.Context, resources Resources, archive snapshot.Archive, text string) (opened, error) {
	n, err := parseName(text, snapshotForm)
	if err != nil {
		return opened{}, err
	}
	resource, err := resources.Get(ctx, n.connection, n.resource)
	if err != nil {
		return opened{}, err
	}
	return openSnapshot(ctx, archive, resource, n.snapshot)
}

func openSnapshot(ctx context.Context, archive snapshot.Archive, resource snapshot.Resource, id string) (opened, error) {
	reader, err := archive.Open(ctx, resource, id)
	if err != nil {
		return opened{}, err
	}
	tree, err := snapshot.ReadTree(ctx, reader)
	return opened{resource, reader, tree}, err
}
