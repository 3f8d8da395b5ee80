package drivetarget

import (
	"context"
	"io"
	"path"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/rewind"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Target is a drive that is restored to.
type Target struct {
	drive   *drive.Drive
	root    m365.ItemID
	inPlace bool
	index   *index
}

var _ restore.Target = (*Target)(nil)

// New returns the target; it makes no call.
func New(d *drive.Drive) *Target { return &Target{drive: d, index: newIndex()} }

// readWhole is from how many items on it is cheaper to read the whole drive than to ask for each.
const readWhole = 50

// Prepare implements restore.Target.
func (t *Target) Prepare(ctx context.Context, expected restore.Expected) error {
	t.inPlace = expected.Order.InPlace
	root, err := t.drive.Root(ctx)
	if err != nil {
		return err
	}
	t.root = root.ID
	if expected.Items < readWhole {
		return nil
	}
	return t.index.read(ctx, t.drive)
}

func (t *Target) id(folder string) m365.ItemID {
	if folder == snapshot.Top {
		return t.root
	}
	return m365.ItemID(folder)
}

// Folder implements restore.Target.
func (t *Target) Folder(ctx context.Context, wanted restore.Wanted) (string, error) {
	parent := t.id(wanted.Parent)
	if wanted.Own && t.inPlace {
		if alive, ok, err := t.alive(ctx, m365.ItemID(wanted.Source.ID), false); err != nil || ok && alive.Folder {
			return string(alive.ID), err
		}
	}
	there, ok, err := t.child(ctx, parent, wanted.Name, false)
	if err != nil {
		return "", err
	}
	if !ok {
		dates, err := datesOf(ctx, wanted.Open)
		if err != nil {
			return "", err
		}
		there, err = t.drive.CreateFolder(ctx, parent, wanted.Name, dates)
		if fault.Is(err, fault.Exists) || fault.Is(err, fault.Transient) {
			there, ok, err = t.child(ctx, parent, wanted.Name, true) // made meanwhile, or the answer was lost
			if err == nil && !ok {
				err = fault.New(fault.Transient, "create folder", "it is neither there nor can it be made")
			}
		}
		if err != nil {
			return "", err
		}
		there.Parent = parent
		t.index.add(there)
	}
	if !there.Folder {
		return "", fault.New(fault.Invalid, "create folder", "a file has the name of the folder", fault.Reason("NAME_TAKEN"),
			fault.Next("rename the file, or restore into another folder"))
	}
	return string(there.ID), nil
}

// alive looks for an item by its id.
func (t *Target) alive(ctx context.Context, id m365.ItemID, again bool) (drive.Item, bool, error) {
	if item, known := t.index.item(id); known && !again || t.index.whole && !again {
		return item, known, nil
	}
	item, err := t.drive.Item(ctx, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) { // an id of another drive's is malformed here
		return drive.Item{}, false, nil
	}
	return item, err == nil, err
}

// child looks for an item by its place.
func (t *Target) child(ctx context.Context, parent m365.ItemID, name string, again bool) (drive.Item, bool, error) {
	if item, known := t.index.child(parent, name); known && !again || t.index.whole && !again {
		return item, known, nil
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

// Create implements restore.Target.
func (t *Target) Create(ctx context.Context, job restore.Job, instead []restore.Found) error {
	content := rewind.New(func() (io.ReadCloser, error) { return job.Open(ctx, contentPart) })
	defer func() { _ = content.Close() }() // it was only read
	dates, err := datesOf(ctx, func(ctx context.Context) (io.ReadCloser, error) { return job.Open(ctx, itemPart) })
	if err != nil {
		return err
	}
	file := drive.File{Parent: t.id(job.Folder), Name: job.Item.Title, Content: content, Size: sizeOf(job.Item), Dates: dates, Conflict: drive.Fail}
	over, beside := t.split(file, instead)
	if over {
		file.Conflict = drive.Replace
	}
	made, err := t.upload(ctx, job, file)
	if err != nil {
		return err
	}
	t.index.add(made)
	for _, old := range beside {
		if err := t.drive.Delete(ctx, m365.ItemID(old.ID)); err != nil && !fault.Is(err, fault.NotFound) {
			return fault.Wrap("remove what is replaced", err)
		}
		t.index.forget(m365.ItemID(old.ID))
	}
	return nil
}

// split tells the file that has the path, which is written over, from those elsewhere.
func (t *Target) split(file drive.File, instead []restore.Found) (over bool, beside []restore.Found) {
	for _, old := range instead {
		if there, known := t.index.child(file.Parent, file.Name); known && string(there.ID) == old.ID {
			over = true
		} else {
			beside = append(beside, old)
		}
	}
	return over, beside
}

func (t *Target) upload(ctx context.Context, job restore.Job, file drive.File) (drive.Item, error) {
	if _, taken := t.index.child(file.Parent, file.Name); taken && job.Order.Policy == restore.CopyBeside {
		file.Name = copyName(job.Item)
	}
	upload := t.drive.Upload
	if file.Size == 0 {
		upload = func(ctx context.Context, file drive.File) (drive.Item, error) { return t.uploadEmpty(ctx, job, file) }
	}
	made, err := upload(ctx, file)
	if fault.Is(err, fault.Exists) {
		// Somebody was faster, or the answer to an upload was lost: look again and decide again.
		err = fault.As(fault.Conflict, "upload file", err)
	}
	made.Parent = file.Parent
	return made, err
}
