package archive

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync"

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

	mu       sync.Mutex
	failures map[vault.Ref]vault.Failure // nil until somebody asks
}

var _ snapshot.Reader = (*Contents)(nil)

// Info implements snapshot.Reader.
func (c *Contents) Info() snapshot.Info { return info(c.view.Snapshot()) }

// Folders implements snapshot.Reader.
func (c *Contents) Folders(ctx context.Context) iter.Seq2[snapshot.Folder, error] {
	return func(yield func(snapshot.Folder, error) bool) {
		for at, err := range beside(ctx, c.view, c.layout.folders(), "") {
			if err == nil && (at.entry == nil || at.entry.Kind != vault.KindFolder) {
				continue
			}
			var folder snapshot.Folder
			if err == nil {
				folder, err = folderOf(*at.entry, at.failure)
			}
			if !yield(folder, err) || err != nil {
				return
			}
		}
	}
}

func folderOf(entry vault.Entry, failure *vault.Failure) (snapshot.Folder, error) {
	attributes, err := content.ParseAttributes(entry.Attributes)
	return snapshot.Folder{
		ID: entry.ID, Parent: entry.Parent, Name: entry.Name, WellKnown: attributes.WellKnown, Hidden: attributes.Hidden,
		Modified: entry.Modified, Problem: held(entry.Kind, failure),
	}, err
}

// Items implements snapshot.Reader.
func (c *Contents) Items(ctx context.Context, folders map[string]bool) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		for _, container := range c.layout.containers(folders) {
			for item, err := range c.items(ctx, container, folders, "") {
				if !yield(item, err) || err != nil {
					return
				}
			}
		}
	}
}

// In implements snapshot.Reader.
func (c *Contents) In(ctx context.Context, folder, after string) iter.Seq2[snapshot.Item, error] {
	only := map[string]bool{folder: true}
	return c.items(ctx, c.layout.containers(only)[0], only, after)
}

// items yields what of a container is directly in one of the folders, by id.
func (c *Contents) items(ctx context.Context, container string, folders map[string]bool, after string) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		for at, err := range beside(ctx, c.view, container, after) {
			if err == nil && !c.within(at, folders) {
				continue
			}
			var item snapshot.Item
			if err == nil {
				item, err = c.itemAt(at)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// within tells whether what is at an id is an item in one of the folders.
func (c *Contents) within(at place, folders map[string]bool) bool {
	if at.entry != nil {
		return at.entry.Kind != vault.KindFolder && folders[c.layout.folderOf(at.entry.Ref, at.entry.Parent)]
	}
	// Without an id it is a whole folder: its items are missing, but nobody knows which.
	return at.failure.ID != "" && folders[c.layout.folderOf(at.failure.Ref, snapshot.Top)]
}

func (c *Contents) itemAt(at place) (snapshot.Item, error) {
	if at.entry == nil {
		return c.missing(*at.failure), nil
	}
	return c.item(*at.entry, at.failure)
}

// Item implements snapshot.Reader.
func (c *Contents) Item(ctx context.Context, id string) (snapshot.Item, error) {
	failures, err := c.failed(ctx)
	if err != nil {
		return snapshot.Item{}, err
	}
	for ref, err := range c.layout.refs(ctx, id) {
		if err != nil {
			return snapshot.Item{}, err
		}
		failure, failed := failures[ref]
		entry, err := c.view.Lookup(ctx, ref)
		switch {
		case err == nil && failed:
			return c.item(entry, &failure)
		case err == nil:
			return c.item(entry, nil)
		case !fault.Is(err, fault.NotFound):
			return snapshot.Item{}, err
		case failed:
			return c.missing(failure), nil
		}
	}
	return snapshot.Item{}, fault.New(fault.NotFound, "look up item", "the snapshot has no such item")
}

// Search implements snapshot.Reader.
func (c *Contents) Search(ctx context.Context, query string) iter.Seq2[snapshot.Item, error] {
	return func(yield func(snapshot.Item, error) bool) {
		failures, err := c.failed(ctx)
		if err != nil {
			yield(snapshot.Item{}, err)
			return
		}
		for entry, err := range c.view.Search(ctx, query) {
			if err == nil && entry.Kind == vault.KindFolder {
				continue
			}
			var item snapshot.Item
			if failure, failed := failures[entry.Ref]; err == nil && failed {
				item, err = c.item(entry, &failure)
			} else if err == nil {
				item, err = c.item(entry, nil)
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}

// failed is what could not be read when the snapshot was made. It is read once: a snapshot never changes.
func (c *Contents) failed(ctx context.Context) (map[vault.Ref]vault.Failure, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failures != nil {
		return c.failures, nil
	}
	failures := map[vault.Ref]vault.Failure{}
	for failure, err := range c.view.Failures(ctx) {
		if err != nil {
			return nil, err
		}
		failures[failure.Ref] = failure
	}
	c.failures = failures
	return failures, nil
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
	entry, err := c.view.Lookup(ctx, vault.Ref{Container: c.layout.folders(), ID: id})
	if err != nil {
		return nil, fault.Wrap("open folder", err)
	}
	return c.view.Open(ctx, entry, content.Item)
}

var kinds = map[vault.Kind]snapshot.Kind{vault.KindMessage: snapshot.Message, vault.KindFile: snapshot.File}

func (c *Contents) item(entry vault.Entry, failure *vault.Failure) (snapshot.Item, error) {
	attributes, err := content.ParseAttributes(entry.Attributes)
	if err != nil {
		return snapshot.Item{}, err
	}
	item := snapshot.Item{
		ID: entry.ID, Folder: c.layout.folderOf(entry.Ref, entry.Parent), Kind: kinds[entry.Kind], Title: entry.Name,
		Sender: entry.Columns[content.ColumnFrom], Time: entry.Modified, Size: entry.Size,
		Attachments: attributes.Attachments, Hash: attributes.Hash,
		Version: fmt.Sprintf("%s/%d", c.unit, entry.Seq), Handle: entry.Ref, Problem: held(entry.Kind, failure),
	}
	for _, part := range entry.Parts {
		item.Parts = append(item.Parts, snapshot.Part{Name: part.Name, Size: part.Size})
	}
	return item, nil
}

// missing is an item that the snapshot has nothing of.
func (c *Contents) missing(failure vault.Failure) snapshot.Item {
	return snapshot.Item{
		ID: failure.ID, Folder: c.layout.folderOf(failure.Ref, snapshot.Top), Time: failure.Since,
		Problem: &snapshot.Problem{Reason: snapshot.NotBackedUp, Cause: failure.Reason},
	}
}

// held is the problem of what is stored although it failed. A message was stored without what could
// not be read of it; of a file the version before is there, and of a folder what was read earlier.
func held(kind vault.Kind, failure *vault.Failure) *snapshot.Problem {
	if failure == nil {
		return nil
	}
	problem := &snapshot.Problem{Reason: snapshot.OlderVersion, Cause: failure.Reason, Held: true}
	switch kind {
	case vault.KindMessage:
		problem.Reason = snapshot.Incomplete
	case vault.KindFolder:
		problem.Reason = snapshot.FolderIncomplete
	default: // as it was made
	}
	return problem
}
