package drivetarget

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
)

// An upload session gives a file its bytes, dates and name at once, but takes no empty file. That is
// made under a name of ours and gets its own name together with its dates, so that a restore that
// is killed in between leaves nothing that looks finished.

// draftName is what an empty file is called until it has its dates.
func draftName(job restore.Job) string { return "tenantkeep-" + job.Mark.Version + ".tmp" }

func (t *Target) uploadEmpty(ctx context.Context, job restore.Job, file drive.File) (drive.Item, error) {
	if file.Conflict == drive.Replace { // until it has its dates it is not the same, and is replaced again
		return t.drive.Upload(ctx, file)
	}
	draft, err := t.drive.Upload(ctx, drive.File{Parent: file.Parent, Name: draftName(job), Content: file.Content, Conflict: drive.Replace})
	if err != nil {
		return drive.Item{}, err
	}
	patch, err := json.Marshal(map[string]any{"name": file.Name, "fileSystemInfo": fileSystemInfo(file.Dates)})
	if err != nil {
		return drive.Item{}, fault.As(fault.Internal, "write dates", err)
	}
	made, err := t.drive.Update(ctx, draft.ID, patch)
	if fault.Is(err, fault.Exists) {
		if gone := t.drive.Delete(ctx, draft.ID); gone != nil && !fault.Is(gone, fault.NotFound) {
			return drive.Item{}, gone
		}
	}
	return made, err
}

func fileSystemInfo(dates drive.Dates) map[string]string {
	info := map[string]string{}
	for name, when := range map[string]time.Time{"createdDateTime": dates.Created, "lastModifiedDateTime": dates.Modified} {
		if !when.IsZero() {
			info[name] = when.UTC().Format(time.RFC3339)
		}
	}
	return info
}

// unfinished looks for an empty file that a killed restore has left without its name.
func (t *Target) unfinished(ctx context.Context, job restore.Job, again bool) (*restore.Found, error) {
	if sizeOf(job.Item) > 0 {
		return nil, nil
	}
	draft, ok, err := t.child(ctx, t.id(job.Folder), draftName(job), again)
	if err != nil || !ok {
		return nil, err
	}
	mark := job.Mark
	mark.Unfinished = true
	return &restore.Found{ID: string(draft.ID), Mark: mark}, nil
}

// Complete implements restore.Target.
func (t *Target) Complete(ctx context.Context, job restore.Job, mine restore.Found, instead []restore.Found) error {
	if mine.Mark.Unfinished {
		if err := t.drive.Delete(ctx, m365.ItemID(mine.ID)); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		t.index.forget(m365.ItemID(mine.ID))
	}
	return t.Create(ctx, job, instead)
}
