package mailbox

import (
	"context"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// tree reads the folders, stores those that are wanted and removes what is not there any more. It
// returns the folders whose messages are to be read.
func (r *run) tree(ctx context.Context) ([]Folder, error) {
	all, err := r.source.Folders(ctx)
	if err != nil {
		return nil, fault.Wrap("read mail folders", err)
	}
	if len(all) == 0 { // every mailbox has an inbox: believing this would delete everything
		return nil, fault.New(fault.Transient, "read mail folders", "Graph lists none", fault.Reason("NO_FOLDERS"), fault.Next("nothing: it is tried again"))
	}
	wanted := without(all, r.options.Exclude)
	if err := r.prune(ctx, wanted); err != nil {
		return nil, err
	}
	known := map[m365.FolderID]bool{}
	total := int64(0)
	for _, folder := range wanted {
		known[folder.ID] = true
		total += int64(folder.Messages)
	}
	for _, folder := range wanted {
		if err := r.sink.Put(ctx, folderItem(folder, known)); err != nil {
			return nil, err
		}
	}
	r.progress.Items.Add(int64(len(wanted)))
	if r.first {
		r.progress.Total.Store(total + int64(len(wanted)))
	}
	return wanted, nil
}

// prune removes the folders that are stored and not wanted.
func (r *run) prune(ctx context.Context, wanted []Folder) error {
	keep := map[string]bool{}
	for _, folder := range wanted {
		keep[string(folder.ID)] = true
	}
	var gone []backup.Ref
	for stored, err := range r.sink.Items(ctx, backup.Root) {
		if err != nil {
			return err
		}
		if r.first = false; !keep[stored.ID] {
			gone = append(gone, stored.Ref)
		}
	}
	for _, ref := range gone {
		if err := r.drop(ctx, ref.ID); err != nil {
			return err
		}
	}
	return nil
}

// drop removes a folder with its messages.
func (r *run) drop(ctx context.Context, folder string) error {
	if err := r.sink.DeleteContainer(ctx, folder); err != nil {
		return err
	}
	return r.sink.Delete(ctx, backup.Ref{Container: backup.Root, ID: folder})
}

func folderItem(folder Folder, known map[m365.FolderID]bool) backup.Item {
	parent := folder.Parent
	if !known[parent] {
		parent = "" // the top of the mailbox, which is no folder that people see
	}
	return backup.Item{
		Ref: backup.Ref{Container: backup.Root, ID: string(folder.ID)}, Kind: backup.Folder, Name: folder.Name, Parent: string(parent),
		Size: int64(len(folder.JSON)), About: backup.About{WellKnown: folder.WellKnown, Hidden: folder.Hidden},
		Parts: []backup.Part{{Name: partItem, Data: folder.JSON}},
	}
}

// without leaves out the folders that are excluded by well-known or display name, with all below them.
func without(all []Folder, exclude []string) []Folder {
	byID := make(map[m365.FolderID]Folder, len(all))
	for _, folder := range all {
		byID[folder.ID] = folder
	}
	var wanted []Folder
	for _, folder := range all {
		if !excluded(folder, byID, exclude) {
			wanted = append(wanted, folder)
		}
	}
	return wanted
}

func excluded(folder Folder, byID map[m365.FolderID]Folder, exclude []string) bool {
	for range len(byID) { // no deeper than there are folders, whatever the parents say
		for _, name := range exclude {
			if strings.EqualFold(name, folder.WellKnown) && name != "" || strings.EqualFold(name, folder.Name) {
				return true
			}
		}
		parent, known := byID[folder.Parent]
		if !known {
			return false
		}
		folder = parent
	}
	return false
}
