package drivetarget

import (
	"context"
	"io"

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

// Reading the whole drive takes one request per thousand items and saves about one per item that is
// restored. How many items a drive has nobody tells, so the reading is given up when it has taken this many
// requests and one more per savedPerPage items: a twentieth of what the restore itself takes.
const (
	fewRequests  = 2
	savedPerPage = 20
)

// Prepare implements restore.Target.
func (t *Target) Prepare(ctx context.Context, expected restore.Expected) error {
	t.inPlace = expected.Order.InPlace
	root, err := t.drive.Root(ctx)
	if err != nil {
		return err
	}
	t.root = root.ID
	t.index.add(root)
	return t.index.read(ctx, t.drive, fewRequests+expected.Items/savedPerPage)
}

func (t *Target) id(folder string) m365.ItemID {
	if folder == snapshot.Top {
		return t.root
	}
	return m365.ItemID(folder)
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
