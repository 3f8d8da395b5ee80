package drivetarget

import (
	"context"
	"path"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Find implements restore.Target.
func (t *Target) Find(ctx context.Context, job restore.Job, again bool) ([]restore.Found, error) {
	parent := t.id(job.Folder)
	var found []restore.Found
	there, ok, err := t.child(ctx, parent, job.Item.Title, again)
	if err != nil {
		return nil, err
	}
	if ok {
		found = append(found, restore.Found{ID: string(there.ID), Same: same(there, job.Item)})
	}
	if t.inPlace && string(there.ID) != job.Item.ID {
		moved, ok, err := t.alive(ctx, m365.ItemID(job.Item.ID), again)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, restore.Found{ID: string(moved.ID)})
		}
	}
	draft, err := t.unfinished(ctx, job, again)
	if err != nil {
		return nil, err
	}
	if draft != nil {
		found = append(found, *draft)
	}
	if job.Order.Policy == restore.CopyBeside {
		copied, ok, err := t.child(ctx, parent, copyName(job.Item), again)
		if err != nil {
			return nil, err
		}
		if ok {
			mark := job.Mark
			mark.Restore = "" // the name does not say by which restore
			found = append(found, restore.Found{ID: string(copied.ID), Mark: mark})
		}
	}
	return found, nil
}

// same tells whether a file is as it was in the snapshot, as far as Graph says.
func same(there drive.Item, item snapshot.Item) bool {
	return there.File && there.Size == item.Size && (there.Hash == item.Hash || there.Hash == "" || item.Hash == "") &&
		there.Modified.Truncate(time.Second).Equal(item.Time.Truncate(time.Second))
}

// copyName is what a copy beside an existing file is called.
func copyName(item snapshot.Item) string {
	extension := path.Ext(item.Title)
	return strings.TrimSuffix(item.Title, extension) + item.Time.UTC().Format(" (2006-01-02 1504)") + extension
}

// alive looks for an item by its id. again means that the drive itself has to be asked.
func (t *Target) alive(ctx context.Context, id m365.ItemID, again bool) (drive.Item, bool, error) {
	if item, known := t.index.item(id); !again && (known || t.index.whole) {
		return item, known, nil
	}
	item, err := t.drive.Item(ctx, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) { // an id of another drive's is malformed here
		return drive.Item{}, false, nil
	}
	if err == nil {
		t.index.add(item)
	}
	return item, err == nil, err
}

// child looks for an item by its place. again means that the drive itself has to be asked.
func (t *Target) child(ctx context.Context, parent m365.ItemID, name string, again bool) (drive.Item, bool, error) {
	if !again {
		if item, known := t.index.child(parent, name); known {
			return item, true, nil
		}
		listed, err := t.index.list(ctx, t.drive, parent)
		if err != nil {
			return drive.Item{}, false, err
		}
		if listed {
			item, known := t.index.child(parent, name)
			return item, known, nil
		}
	}
	item, err := t.drive.Child(ctx, parent, name)
	if fault.Is(err, fault.NotFound) {
		return drive.Item{}, false, nil
	}
	if err == nil {
		item.Parent = parent
		t.index.add(item)
	}
	return item, err == nil, err
}
