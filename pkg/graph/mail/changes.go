package mail

import (
	"bytes"
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// DefaultPageSize is how many messages a page is asked to have. Exchange serves fewer when they are
// large; when it cannot serve the page at all it is halved.
const DefaultPageSize = 500

// Round is one reading of what changed in a folder.
type Round struct {
	Folder      m365.FolderID
	Link        string // of the round before, or of a broken one's next page; "": everything
	Attachments bool   // whether to read attachments along with their messages
	PageSize    int    // default DefaultPageSize
	// Page, if set, is called after each page, when all its changes were handed out: the round can
	// be resumed at next.
	Page func(next string) error
}

// Change is one message that came, changed or went. Nothing in it outlives the call it is handed to.
type Change struct {
	ID          m365.ItemID
	Removed     bool   // no longer in this folder: deleted, or moved to another, where it comes as new
	Raw         []byte // as served, control characters inside strings escaped; nil if removed
	Attachments []Attachment
	Err         error // attachments that could not be had; the message itself is whole
}

// Changes calls each for every message that changed since the round's link, and returns the link
// for the next round. A message may come more than once: the last one counts.
//
// Resync means that the link is lost: call again without one, which reports every message that is
// there now. The link returned is "" where there is no delta to be had (a full mailbox refuses
// it: https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/6596); then everything
// in the folder was reported. Errors of each and Page end the round as they are.
func (m *Mailbox) Changes(ctx context.Context, round Round, each func(Change) error) (link string, err error) {
	if round.PageSize == 0 {
		round.PageSize = DefaultPageSize
	}
	link, err = m.read(ctx, round, m.path("mailFolders", string(round.Folder), "messages", "delta"), each)
	switch {
	case err == nil || !refusesDelta(err):
		return link, err
	case round.Link != "":
		return "", fault.As(fault.Resync, "read message changes", err, fault.Reason("GRAPH_RESYNC"))
	default:
		return m.read(ctx, round, m.path("mailFolders", string(round.Folder), "messages"), each)
	}
}

func refusesDelta(err error) bool {
	return fault.Is(err, fault.Exhausted) && fault.ReasonOf(err) == "GRAPH_QUOTA"
}

func (m *Mailbox) read(ctx context.Context, round Round, path string, each func(Change) error) (string, error) {
	page := &pageReader{mailbox: m, round: round, each: each, waiting: map[m365.ItemID]int{}}
	if round.Link != "" {
		path = round.Link
	}
	link, err := m.client.Read(ctx, graph.Pages{
		First:  graph.Request{Name: "read message changes", Path: path},
		Prefer: immutable,
		Size:   round.PageSize,
		Item:   page.item,
		Page: func(next string) error {
			if err := page.flush(ctx); err != nil {
				return err
			}
			if round.Page != nil {
				return round.Page(next)
			}
			return nil
		},
	})
	if err != nil {
		return "", err
	}
	return link, page.flush(ctx)
}

// pageReader hands out the changes of a page: at once those that need nothing more, the rest when
// the page is read to its end and its slot of the mailbox is free again, since the attachments
// need slots too.
type pageReader struct {
	mailbox *Mailbox
	round   Round
	each    func(Change) error
	pending []Change // Raw is a copy
	waiting map[m365.ItemID]int
}

func (p *pageReader) item(raw []byte) error {
	change, needs := inspect(rawjson.Repair(raw))
	if at, ok := p.waiting[change.ID]; ok { // superseded before it was handed out
		p.pending[at].ID = ""
		delete(p.waiting, change.ID)
	}
	if needs == nothing || needs == attachments && !p.round.Attachments {
		return p.each(change)
	}
	change.Raw = bytes.Clone(change.Raw)
	p.waiting[change.ID] = len(p.pending)
	p.pending = append(p.pending, change)
	return nil
}

// flush completes the messages that wait and hands them out.
func (p *pageReader) flush(ctx context.Context) error {
	var due []Change
	for _, change := range p.pending {
		if change.ID != "" {
			due = append(due, change)
		}
	}
	p.pending = nil
	clear(p.waiting)
	due, err := p.mailbox.fillIn(ctx, due, p.round.Attachments, p.each)
	if err != nil {
		return err
	}
	return p.mailbox.complete(ctx, due, p.each)
}

// need is what a message of a page lacks.
type need uint8

const (
	nothing need = iota
	attachments
	everything // delta says only what changed of it, such as {id, isRead}
)

// inspect reads from an item of a page what it is and what it lacks.
func inspect(raw []byte) (Change, need) {
	change, needs, body := Change{Raw: raw}, nothing, false
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "id":
			change.ID = m365.ItemID(rawjson.Text(value))
		case "@removed":
			change.Removed, change.Raw = true, nil
		case "hasAttachments":
			if rawjson.True(value) {
				needs = attachments
			}
		case "body":
			body = true
			// hasAttachments does not count inline ones, which the body refers to
			if bytes.Contains(value, []byte("cid:")) {
				needs = attachments
			}
		}
	}
	switch {
	case change.Removed:
		return change, nothing
	case !body:
		return change, everything
	default:
		return change, needs
	}
}
