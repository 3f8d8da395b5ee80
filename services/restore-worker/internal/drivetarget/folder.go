package drivetarget

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// Folder implements restore.Target.
func (t *Target) Folder(ctx context.Context, wanted restore.Wanted) (string, error) {
	parent := t.id(wanted.Parent)
	there, ok, err := t.child(ctx, parent, wanted.Name, false)
	if err != nil {
		return "", err
	}
	if wanted.Own && t.inPlace && string(there.ID) != wanted.Source.ID {
		moved, alive, err := t.alive(ctx, m365.ItemID(wanted.Source.ID), false)
		if err != nil || alive && moved.Folder {
			return string(moved.ID), err
		}
	}
	if !ok {
		if there, err = t.makeFolder(ctx, parent, wanted); err != nil {
			return "", err
		}
	}
	if !there.Folder {
		return "", fault.New(fault.Invalid, "create folder", "a file has the name of the folder", fault.Reason("NAME_TAKEN"),
			fault.Next("rename the file, or restore into another folder"))
	}
	return string(there.ID), nil
}

// makeFolder makes a folder, of which all is known then: it is empty.
func (t *Target) makeFolder(ctx context.Context, parent m365.ItemID, wanted restore.Wanted) (drive.Item, error) {
	dates, err := datesOf(ctx, wanted.Open)
	if err != nil {
		return drive.Item{}, err
	}
	made, err := t.drive.CreateFolder(ctx, parent, wanted.Name, dates)
	if fault.Is(err, fault.Exists) || fault.Is(err, fault.Transient) {
		there, ok, err := t.child(ctx, parent, wanted.Name, true) // made meanwhile, or the answer was lost
		if err == nil && !ok {
			err = fault.New(fault.Transient, "create folder", "it is neither there nor can it be made")
		}
		return there, err
	}
	if err != nil {
		return drive.Item{}, err
	}
	made.Parent = parent
	t.index.add(made)
	t.index.know(made.ID)
	return made, nil
}
