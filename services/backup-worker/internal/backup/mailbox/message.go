package mailbox

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// copyMost is up to how many bytes a message is copied so that the page can be read on while it is
// stored. A larger one is stored while the page waits, which bounds what is in memory.
const copyMost = 256 << 10

// buffers are the copies' memory.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// take takes in one change of a page. It never makes a call of its own: the page may hold one of
// the mailbox's four slots, and four pages that each wait for a fifth would wait for ever.
func (r *reading) take(ctx context.Context, c Change) error {
	r.page.forget(c.ID)
	if c.Removed {
		r.seen.Remove(string(c.ID))
		return r.run.crew.Give(string(c.ID), &r.page.puts, func(ctx context.Context) error { return r.run.sink.Delete(ctx, r.ref(c.ID)) })
	}
	r.seen.Add(string(c.ID))
	switch {
	case c.MIME:
		r.page.mime = append(r.page.mime, c.clone())
		return nil
	case c.streams():
		return r.now(ctx, c, nil)
	case len(c.Attachments) > 0 || c.Err != nil || len(c.JSON) > copyMost:
		return r.run.crew.Do(string(c.ID), func(ctx context.Context) error { return r.put(ctx, c, nil) })
	default:
		return r.later(c)
	}
}

// later stores a copy of a plain message.
func (r *reading) later(c Change) error {
	buffer := buffers.Get().(*[]byte)
	*buffer = append((*buffer)[:0], c.JSON...)
	c.JSON = *buffer
	return r.run.crew.Give(string(c.ID), &r.page.puts, func(ctx context.Context) error {
		defer buffers.Put(buffer)
		return r.put(ctx, c, nil)
	})
}

// now stores a message here and not in the crew: it may have to wait for a slot to open a stream,
// while others wait for the crew and hold the slots.
func (r *reading) now(ctx context.Context, c Change, mime io.Reader) error {
	before := func(context.Context) error { return nil }
	if err := r.run.crew.Do(string(c.ID), before); err != nil {
		return err
	}
	return r.put(ctx, c, mime)
}

// finish stores what had to wait for the end of the page.
func (r *reading) finish(ctx context.Context) error {
	for _, c := range r.page.mime {
		if err := r.withMIME(ctx, c); err != nil {
			return err
		}
	}
	r.page.mime = nil
	return nil
}

// withMIME stores a message with its MIME.
func (r *reading) withMIME(ctx context.Context, c Change) error {
	mime, err := r.run.source.MIME(ctx, c.ID)
	switch {
	case fault.Is(err, fault.NotFound): // it was deleted meanwhile; the next round says so too
		r.seen.Remove(string(c.ID))
		return r.run.crew.Do(string(c.ID), func(ctx context.Context) error { return r.run.sink.Delete(ctx, r.ref(c.ID)) })
	case err != nil && !alone(err):
		return err
	case err != nil:
		c.Err = first(c.Err, fault.Wrap("read MIME", err))
		return r.now(ctx, c, nil)
	}
	defer func() { _ = mime.Close() }() // it was read to its end, or the message has failed
	return r.now(ctx, c, mime)
}

func (r *reading) ref(id m365.ItemID) backup.Ref {
	return backup.Ref{Container: r.container, ID: string(id)}
}

func (r *reading) put(ctx context.Context, c Change, mime io.Reader) error {
	return r.run.put(ctx, r.ref(c.ID), c, mime)
}

// put stores a message, and puts it on record as failed if something of it is missing.
func (r *run) put(ctx context.Context, ref backup.Ref, c Change, mime io.Reader) error {
	item := backup.Item{
		Ref: ref, Kind: backup.Message, Name: c.Subject, Modified: c.Date, From: c.From, To: c.To,
		About: backup.About{Attachments: len(c.Attachments) > 0}, Size: int64(len(c.JSON)),
		Parts: make([]backup.Part, 1, 1+len(c.Attachments)),
	}
	item.Parts[0] = backup.Part{Name: partItem, Data: c.JSON}
	closers, err := attach(ctx, &item, c)
	defer closeAll(closers)
	if err != nil && !alone(err) {
		return err
	}
	if mime != nil {
		item.Parts = append(item.Parts, backup.Part{Name: partMIME, Body: mime})
	}
	if err := r.sink.Put(ctx, item); err != nil {
		return err
	}
	r.progress.Items.Add(1)
	r.progress.Bytes.Add(item.Size)
	if missing := first(c.Err, err); missing != nil {
		r.progress.Failed.Add(1)
		return r.sink.Fail(ctx, ref, fault.KindOf(missing), reason("message", missing))
	}
	return nil
}

// attach adds the parts of the attachments. One whose content cannot be opened is kept without it.
func attach(ctx context.Context, item *backup.Item, c Change) (closers []io.Closer, missing error) {
	for i, attachment := range c.Attachments {
		item.Parts = append(item.Parts, backup.Part{Name: partAttachment(i), Data: attachment.JSON})
		item.Size += int64(len(attachment.JSON) + len(attachment.Content))
		if attachment.Content != nil {
			item.Parts = append(item.Parts, backup.Part{Name: partAttachment(i) + "/" + partContent, Data: attachment.Content})
		}
		if attachment.Open == nil {
			continue
		}
		content, err := attachment.Open(ctx)
		if err != nil {
			if missing = first(missing, fault.Wrap("open attachment", err)); !alone(err) {
				return closers, missing
			}
			continue
		}
		closers = append(closers, content)
		item.Parts = append(item.Parts, backup.Part{Name: partAttachment(i) + "/" + partContent, Body: content})
	}
	return closers, missing
}

func closeAll(closers []io.Closer) {
	for _, c := range closers {
		_ = c.Close() // it was read to its end, or the item has failed
	}
}

// clone is a change that outlives the call it was handed to. Large attachments stay where they are.
func (c Change) clone() Change {
	c.JSON = bytes.Clone(c.JSON)
	c.Attachments = slices.Clone(c.Attachments)
	for i := range c.Attachments {
		c.Attachments[i].JSON = bytes.Clone(c.Attachments[i].JSON)
		c.Attachments[i].Content = bytes.Clone(c.Attachments[i].Content)
	}
	return c
}

// streams tells whether storing the message means reading a stream.
func (c Change) streams() bool {
	return slices.ContainsFunc(c.Attachments, func(a Attachment) bool { return a.Open != nil })
}

// forget drops a message that waits for its MIME, since a later version of it came.
func (p *page) forget(id m365.ItemID) {
	p.mime = slices.DeleteFunc(p.mime, func(c Change) bool { return c.ID == id })
}

// alone tells whether an error concerns one message only.
func alone(err error) bool {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Invalid, fault.Unsupported, fault.Transient, fault.Conflict, fault.Internal, fault.Permission:
		return true
	default:
		return false
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// reason is why something failed, for people. Graph's messages name no content, but they are cut.
func reason(what string, err error) string {
	const most = 300
	text := what + " cannot be read: " + fault.Sentence(err)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
