package drive

import (
	"context"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// The parts of a drive's items; see package content of the vault.
const (
	partItem = "item"
	partFile = "content"
)

// store brings one item up to date.
func (r *run) store(ctx context.Context, c Change) error {
	ref := backup.Ref{Container: container, ID: string(c.ID)}
	if c.Root {
		return r.sink.Put(ctx, item(backup.Ref{Container: backup.Root, ID: container}, backup.Folder, c, ""))
	}
	if c.Deleted || r.options.excludes(c) {
		return r.remove(ctx, ref, c)
	}
	var err error
	switch {
	case c.Folder:
		err = r.sink.Put(ctx, item(ref, backup.Folder, c, r.parent(c)))
	case c.File:
		err = r.file(ctx, ref, c)
	default:
		err = r.sink.Put(ctx, item(ref, backup.Other, c, r.parent(c)))
	}
	r.progress.Items.Add(1)
	return err
}

// parent is the folder that an item is in; "" directly below the root.
func (r *run) parent(c Change) string {
	if c.Parent == r.root {
		return ""
	}
	return string(c.Parent)
}

func (r *run) remove(ctx context.Context, ref backup.Ref, c Change) error {
	stored, known, err := r.sink.Lookup(ctx, ref)
	if err != nil {
		return err
	}
	if c.Deleted && (c.Folder || known && stored.Kind == backup.Folder) {
		r.mu.Lock()
		r.deleted[ref.ID] = true
		r.mu.Unlock()
	}
	return r.sink.Delete(ctx, ref)
}

// file stores a file, with the content that is stored if that is still the file's.
func (r *run) file(ctx context.Context, ref backup.Ref, c Change) error {
	stored, known, err := r.sink.Lookup(ctx, ref)
	if err != nil {
		return err
	}
	file := item(ref, backup.File, c, r.parent(c))
	if known && same(stored, c) {
		file.Parts = append(file.Parts, backup.Part{Name: partFile, Keep: true})
		return r.sink.Put(ctx, file)
	}
	content, err := r.source.Content(ctx, c)
	switch {
	case fault.Is(err, fault.NotFound): // it was deleted meanwhile; the next round says so too
		return r.sink.Delete(ctx, ref)
	case err != nil && alone(err):
		return r.fail(ctx, c, err)
	case err != nil:
		return err
	}
	defer func() { _ = content.Close() }() // it was read to its end, or the item has failed
	file.Parts = append(file.Parts, backup.Part{Name: partFile, Body: content})
	if err := r.sink.Put(ctx, file); err != nil {
		return err
	}
	r.progress.Bytes.Add(c.Size)
	return nil
}

// same tells whether the content that is stored is the file's.
func same(stored backup.Stored, c Change) bool {
	if !slices.Contains(stored.Parts, partFile) {
		return false
	}
	if c.Hash != "" && stored.About.Hash != "" {
		return c.Hash == stored.About.Hash && c.Size == stored.Size
	}
	return c.CTag != "" && c.CTag == stored.About.CTag
}

func item(ref backup.Ref, kind backup.Kind, c Change, parent string) backup.Item {
	return backup.Item{
		Ref: ref, Kind: kind, Name: c.Name, Parent: parent, Size: c.Size, Modified: c.Modified,
		About: backup.About{Hash: c.Hash, CTag: c.CTag}, Parts: []backup.Part{{Name: partItem, Data: c.JSON}},
	}
}

func (r *run) fail(ctx context.Context, c Change, err error) error {
	const most = 300
	text := "file cannot be read: " + fault.Sentence(err)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	r.progress.Failed.Add(1)
	return r.sink.Fail(ctx, backup.Ref{Container: container, ID: string(c.ID)}, fault.KindOf(err), text)
}

// alone tells whether an error concerns one file only. To be refused by the host of the downloads says
// nothing about the tenant's tokens: it takes none.
func alone(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Invalid, fault.Unsupported, fault.Transient, fault.Conflict, fault.Internal, fault.Permission, fault.Unauthentic:
		return true
	default:
		return false
	}
}
