package mailtarget

import (
	"cmp"
	"context"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// RemoveDoubles implements restore.Target. It lists the mailbox anew.
func (t *Target) RemoveDoubles(ctx context.Context, id string) error {
	folders, err := readFolders(ctx, t.box)
	if err != nil {
		return err
	}
	made, err := readIndex(ctx, t.box, folders.all())
	if err != nil {
		return err
	}
	for _, double := range made.doubles(id, folders) {
		if err := t.box.Purge(ctx, double); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// origin is what doubles have in common. A copy that somebody threw away meanwhile is none of one
// that is still in its place, so what was thrown away counts by folder.
type origin struct {
	mark   restore.Mark
	thrown m365.FolderID
}

// doubles are the messages that a restore made of an item of which it had made one.
func (i *index) doubles(id string, folders *folders) (doubles []m365.ItemID) {
	for _, ids := range i.byItem {
		copies := map[origin][]mail.Existing{}
		for _, one := range ids {
			e := i.byID[one]
			from := origin{mark: markOf(e)}
			if from.mark.Restore != id {
				continue
			}
			if from.mark.Unfinished = false; folders.discarded(e.Folder) {
				from.thrown = e.Folder
			}
			copies[from] = append(copies[from], e)
		}
		for _, alike := range copies {
			for _, e := range slices.SortedFunc(slices.Values(alike), better)[1:] {
				doubles = append(doubles, e.ID)
			}
		}
	}
	return doubles
}

// better puts what is whole first, and else decides by the id: whoever compares chooses the same.
func better(a, b mail.Existing) int {
	if a.Finished != b.Finished {
		if a.Finished {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.ID, b.ID)
}
