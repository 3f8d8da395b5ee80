package mailtarget

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// Target is a mailbox that is restored to.
type Target struct {
	box     *mail.Mailbox
	inPlace bool
	folders *folders
	index   *index // nil: ask for each message
}

var _ restore.Target = (*Target)(nil)

// New returns the target; it makes no call.
func New(box *mail.Mailbox) *Target { return &Target{box: box} }

// asking is how many requests it takes to ask for one message.
const asking = 2

// Prepare implements restore.Target.
func (t *Target) Prepare(ctx context.Context, expected restore.Expected) error {
	t.inPlace = expected.Order.InPlace
	var err error
	if t.folders, err = readFolders(ctx, t.box); err != nil {
		return err
	}
	all, listing := t.folders.all(), int64(0)
	for _, folder := range all {
		listing += int64(folder.Messages+pageSize-1) / pageSize
	}
	if asking*expected.Items > listing {
		t.index, err = readIndex(ctx, t.box, all)
	}
	return err
}

// Folder implements restore.Target.
func (t *Target) Folder(ctx context.Context, wanted restore.Wanted) (string, error) {
	id, err := t.folders.ensure(ctx, t.box, wanted, t.inPlace)
	return string(id), err
}

// Find implements restore.Target.
func (t *Target) Find(ctx context.Context, job restore.Job, again bool) ([]restore.Found, error) {
	raw, err := read(ctx, job, itemPart)
	if err != nil {
		return nil, err
	}
	s := mail.Summarise(raw)
	w := wanted{messageID: s.InternetMessageID, received: s.Received, changeKey: s.ChangeKey, item: job.Mark.Item}
	if t.inPlace {
		w.id = m365.ItemID(job.Item.ID)
	}
	var existing []mail.Existing
	if t.index != nil && !again {
		existing = t.index.find(w)
	} else if existing, err = t.ask(ctx, w, job.Mark); err != nil {
		return nil, err
	}
	var found []restore.Found
	for _, e := range existing {
		if t.counts(e, w, m365.FolderID(job.Folder)) {
			found = append(found, restore.Found{
				ID: string(e.ID), Mark: markOf(e),
				Same: e.ID == w.id && e.ChangeKey == w.changeKey && e.Folder == m365.FolderID(job.Folder),
			})
		}
	}
	return found, nil
}

// ask looks for one message in the mailbox itself.
func (t *Target) ask(ctx context.Context, w wanted, mark restore.Mark) ([]mail.Existing, error) {
	var existing []mail.Existing
	var err error
	if w.messageID != "" {
		existing, err = t.box.WithMessageID(ctx, w.messageID)
	} else {
		existing, err = t.box.WithMarker(ctx, marker(mark))
	}
	if err != nil || w.id == "" {
		return existing, err
	}
	alive, err := t.box.WithID(ctx, w.id)
	switch {
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Invalid): // an id of another mailbox's is malformed here
		return existing, nil
	case err != nil:
		return nil, err
	}
	for _, e := range existing {
		if e.ID == alive.ID {
			return existing, nil
		}
	}
	return append(existing, alive), nil
}

// counts tells whether a message may be the same one: by its id or mark wherever it is now if it is
// restored to where it came from, else in the folder that it goes to.
func (t *Target) counts(e mail.Existing, w wanted, folder m365.FolderID) bool {
	if e.Folder != folder && (!t.inPlace || t.folders.discarded(e.Folder)) {
		return false
	}
	switch mark := markOf(e); {
	case e.ID == w.id || mark.Item == w.item:
		return true
	case mark.Item != "" || e.Folder != folder:
		return false
	default:
		return w.messageID != "" && e.MessageID == w.messageID && e.Received.Equal(w.received)
	}
}

// Create implements restore.Target.
func (t *Target) Create(ctx context.Context, job restore.Job, instead []restore.Found) error {
	draft, done, err := prepare(ctx, job)
	if err != nil {
		return err
	}
	defer done()
	id, err := t.box.Create(ctx, m365.FolderID(job.Folder), draft)
	if err != nil {
		if id != "" && !fault.Retryable(err) {
			// It will never be whole, and half a message is worse than one in the report.
			err = withRemains(err, t.box.Purge(ctx, id))
		}
		return err
	}
	return t.remove(ctx, instead)
}

// withRemains keeps the error that matters, and says if something was left behind.
func withRemains(err, purge error) error {
	if purge != nil {
		return fault.As(fault.KindOf(err), "remove what is left of it", err, fault.Next("remove the incomplete message from the target folder by hand"))
	}
	return err
}

// Complete implements restore.Target.
func (t *Target) Complete(ctx context.Context, job restore.Job, mine restore.Found, instead []restore.Found) error {
	if !mine.Mark.Unfinished {
		return t.remove(ctx, instead)
	}
	if err := t.box.Purge(ctx, m365.ItemID(mine.ID)); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return t.Create(ctx, job, instead)
}

func (t *Target) remove(ctx context.Context, old []restore.Found) error {
	for _, f := range old {
		if err := t.box.Delete(ctx, m365.ItemID(f.ID)); err != nil && !fault.Is(err, fault.NotFound) {
			return fault.Wrap("remove what is replaced", err)
		}
	}
	return nil
}
