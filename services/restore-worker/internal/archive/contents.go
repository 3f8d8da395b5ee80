package archive

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Contents is a snapshot.Reader of one snapshot.
type Contents struct {
	view   *vault.View
	unit   string
	layout layout
}

var _ snapshot.Reader = (*Contents)(nil)

// layout is how a workload lies in its unit.
type layout interface {
	// folders yields the entries of all folders.
	folders(ctx context.Context) iter.Seq2[vault.Entry, error]
	// items yields the entries that are in one of the folders and are none themselves.
	items(ctx context.Context, folders map[string]bool) iter.Seq2[vault.Entry, error]
	// refs yields where an item of that id could be.
	refs(ctx context.Context, id string) iter.Seq2[vault.Ref, error]
	// folderRef is where the entry of a folder is.
	folderRef(id string) vault.Ref
	// folderOf is the folder that an entry is in.
	folderOf(ref vault.Ref, parent string) string
}

// Info implements snapshot.Reader.
func (c *Contents) Info() snapshot.Info { return info(c.view.Snapshot()) }

// Folders implements snapshot.Reader.
func (c *Contents) Folders(ctx context.Context) iter.Seq2[snapshot.Folder, error] {
	return func(yield func(snapshot.Folder, error) bool) {
		for entry, err := range c.layout.folders(ctx) {
			if err != nil {
				yield(snapshot.Folder{}, err)
				return
			}
			attributes, err := content.ParseAttributes(entry.Attributes)
			if !yield(snapshot.Folder{
				ID: entry.ID, Parent: entry.Parent, Name: entry.Name, WellKnown: attributes.WellKnown, Hidden: attributes.Hidden,
				Modified: entry.Modified,
			}, err) || err != nil {
				return
			}
		}
	}
}

// Items implements snapshot.Reader.
func (c *Contents) Items(ctx context.Context, folders map[string]bool) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		for entry, err := range c.layout.items(ctx, folders) {
			var item snapshot.Item
			if err == nil {
				item, err = c.item(entry)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
		for failure, err := range c.view.Failures(ctx) {
			if err == nil && !folders[c.layout.folderOf(failure.Ref, snapshot.Top)] {
				continue
			}
			var item *snapshot.Item
			if err == nil {
				item, err = c.missing(ctx, failure)
			}
			if err != nil {
				yield(snapshot.Item{}, err)
				return
			}
			if item != nil && !yield(*item, nil) {
				return
			}
		}
	}
}

// missing is the item that a failure stands for, or nil if an earlier version of it is there.
func (c *Contents) missing(ctx context.Context, failure vault.Failure) (*snapshot.Item, error) {
	if failure.ID == "" {
		return nil, nil // a whole folder; its items are missing, but nobody knows which
	}
	_, err := c.view.Lookup(ctx, failure.Ref)
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	return &snapshot.Item{
		ID: failure.ID, Folder: c.layout.folderOf(failure.Ref, snapshot.Top), Time: failure.Since,
		Problem: &snapshot.Problem{Reason: "NOT_BACKED_UP", Cause: failure.Reason},
	}, nil
}

// Item implements snapshot.Reader.
func (c *Contents) Item(ctx context.Context, id string) (snapshot.Item, error) {
	for ref, err := range c.layout.refs(ctx, id) {
		if err != nil {
			return snapshot.Item{}, err
		}
		entry, err := c.view.Lookup(ctx, ref)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return snapshot.Item{}, err
		}
		return c.item(entry)
	}
	return snapshot.Item{}, fault.New(fault.NotFound, "look up item", "the snapshot has no such item")
}

// Search implements snapshot.Reader.
func (c *Contents) Search(ctx context.Context, query string) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		for entry, err := range c.view.Search(ctx, query) {
			var item snapshot.Item
			if err == nil {
				if entry.Kind == vault.KindFolder {
					continue
				}
				item, err = c.item(entry)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// Open implements snapshot.Reader.
func (c *Contents) Open(ctx context.Context, item snapshot.Item, part string) (io.ReadCloser, error) {
	ref, ok := item.Handle.(vault.Ref)
	if !ok {
		return nil, fault.New(fault.NotFound, "open item", "the snapshot does not hold it")
	}
	entry, err := c.view.Lookup(ctx, ref)
	if err != nil {
		return nil, fault.Wrap("open item", err)
	}
	return c.view.Open(ctx, entry, part)
}

// OpenFolder implements snapshot.Reader.
func (c *Contents) OpenFolder(ctx context.Context, id string) (io.ReadCloser, error) {
	entry, err := c.view.Lookup(ctx, c.layout.folderRef(id))
	if err != nil {
		return nil, fault.Wrap("open folder", err)
	}
	return c.view.Open(ctx, entry, content.Item)
}

var kinds = map[vault.Kind]snapshot.Kind{vault.KindMessage: snapshot.Message, vault.KindFile: snapshot.File}

func (c *Contents) item(entry vault.Entry) (snapshot.Item, error) {
	attributes, err := content.ParseAttributes(entry.Attributes)
	if err != nil {
		return snapshot.Item{}, err
	}
	item := snapshot.Item{
		ID: entry.ID, Folder: c.layout.folderOf(entry.Ref, entry.Parent), Kind: kinds[entry.Kind], Title: entry.Name,
		Sender: entry.Columns[content.ColumnFrom], Time: entry.Modified, Size: entry.Size,
		Attachments: attributes.Attachments, Hash: attributes.Hash,
		Version: fmt.Sprintf("%s/%d", c.unit, entry.Seq), Handle: entry.Ref,
	}
	for _, part := range entry.Parts {
		item.Parts = append(item.Parts, snapshot.Part{Name: part.Name, Size: part.Size})
	}
	return item, nil
}
