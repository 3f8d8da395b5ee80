package mailbox

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// retry tries the messages that failed in earlier runs. A folder that failed needs no trying: it is
// read anyway, and storing its item has taken it off the record.
func (r *run) retry(ctx context.Context, folders []Folder) error {
	wanted := map[string]bool{}
	for _, folder := range folders {
		wanted[string(folder.ID)] = true
	}
	for _, ref := range r.sink.Failures() {
		if ref.Container == backup.Root || !wanted[ref.Container] {
			continue
		}
		if err := r.again(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// again reads one message by itself.
func (r *run) again(ctx context.Context, ref backup.Ref) error {
	c, err := r.source.Message(ctx, m365.ItemID(ref.ID))
	switch {
	case fault.Is(err, fault.NotFound), err == nil && string(c.Folder) != ref.Container: // it was deleted, or moved
		return r.sink.Delete(ctx, ref)
	case err != nil && !alone(err):
		return err
	case err != nil:
		r.progress.Failed.Add(1)
		return r.sink.Fail(ctx, ref, fault.KindOf(err), reason("message", err))
	}
	if !c.MIME {
		return r.put(ctx, ref, c, nil)
	}
	mime, err := r.source.MIME(ctx, c.ID)
	if err != nil {
		if !alone(err) {
			return err
		}
		c.Err = first(c.Err, err)
		return r.put(ctx, ref, c, io.Reader(nil))
	}
	defer func() { _ = mime.Close() }()
	return r.put(ctx, ref, c, mime)
}
