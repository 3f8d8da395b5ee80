package archive

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// mailbox: a container for each folder.
type mailbox struct{ view *vault.View }

func (m mailbox) folders(ctx context.Context) iter.Seq2[vault.Entry, error] {
	return m.view.Containers(ctx)
}

func (m mailbox) items(ctx context.Context, folders map[string]bool) iter.Seq2[vault.Entry, error] {
	return func(yield func(vault.Entry, error) bool) {
		for _, folder := range slices.Sorted(maps.Keys(folders)) {
			if folder == snapshot.Top {
				continue // the container of that name holds the folders
			}
			for entry, err := range m.view.Items(ctx, folder, "") {
				if !yield(entry, err) {
					return
				}
			}
		}
	}
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

func (mailbox) folderRef(id string) vault.Ref { return vault.Ref{Container: vault.Root, ID: id} }

func (mailbox) folderOf(ref vault.Ref, _ string) string { return ref.Container }

// drive: one container for everything, and the way to the top by parents.
type drive struct{ view *vault.View }

func (d drive) folders(ctx context.Context) iter.Seq2[vault.Entry, error] {
	return d.only(ctx, func(entry vault.Entry) bool { return entry.Kind == vault.KindFolder })
}

func (d drive) items(ctx context.Context, folders map[string]bool) iter.Seq2[vault.Entry, error] {
	return d.only(ctx, func(entry vault.Entry) bool { return entry.Kind != vault.KindFolder && folders[entry.Parent] })
}

func (d drive) only(ctx context.Context, keep func(vault.Entry) bool) iter.Seq2[vault.Entry, error] {
	return func(yield func(vault.Entry, error) bool) {
		for entry, err := range d.view.Items(ctx, content.Drive, "") {
			if err == nil && !keep(entry) {
				continue
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

func (drive) refs(_ context.Context, id string) iter.Seq2[vault.Ref, error] {
	return func(yield func(vault.Ref, error) bool) { yield(vault.Ref{Container: content.Drive, ID: id}, nil) }
}

func (drive) folderRef(id string) vault.Ref { return vault.Ref{Container: content.Drive, ID: id} }

func (drive) folderOf(_ vault.Ref, parent string) string { return parent }
