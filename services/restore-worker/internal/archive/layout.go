package archive

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
)

// layout is how a workload lies in its unit.
type layout interface {
	// folders is the container that the folders are in.
	folders() string
	// containers are those that hold what is in the folders: at least one, if there is a folder.
	containers(folders map[string]bool) []string
	// refs yields where an item of that id could be.
	refs(ctx context.Context, id string) iter.Seq2[vault.Ref, error]
	// folderOf is the folder that an entry is in.
	folderOf(ref vault.Ref, parent string) string
}

// mailbox: a container for each folder. That of the top holds the folders alone.
type mailbox struct{ view *vault.View }

func (mailbox) folders() string { return vault.Root }

func (mailbox) containers(folders map[string]bool) []string {
	return slices.Sorted(maps.Keys(folders)) // the ids are the same, and so is that of the top
}

func (m mailbox) refs(ctx context.Context, id string) iter.Seq2[vault.Ref, error] {
	return func(yield func(vault.Ref, error) bool) {
		for folder, err := range m.view.Containers(ctx) {
			if !yield(vault.Ref{Container: folder.ID, ID: id}, err) {
				return
			}
		}
	}
}

func (mailbox) folderOf(ref vault.Ref, _ string) string { return ref.Container }

// drive: one container for everything, and the way to the top by parents.
type drive struct{}

func (drive) folders() string { return content.Drive }

func (drive) containers(map[string]bool) []string { return []string{content.Drive} }

func (drive) refs(_ context.Context, id string) iter.Seq2[vault.Ref, error] {
	return func(yield func(vault.Ref, error) bool) { yield(vault.Ref{Container: content.Drive, ID: id}, nil) }
}

func (drive) folderOf(_ vault.Ref, parent string) string { return parent }
