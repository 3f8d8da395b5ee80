package mail

import (
	"context"
	"errors"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// maxBatchAnswer is up to how many bytes the attachments of one message come with a batch. It
// bounds what a mailbox holds in memory; larger ones are read singly.
const maxBatchAnswer = 16 << 20

// Attached items come with their content only when it is asked for by its type. The members that
// describe an attachment without its content; contentId belongs to file attachments alone.
var (
	expandItem = graph.Query("$expand", "microsoft.graph.itemAttachment/item")
	described  = graph.Query("$select", "id,name,contentType,size,isInline,lastModifiedDateTime,microsoft.graph.fileAttachment/contentId")
)

// complete reads the attachments of messages, twenty messages in one batch, and hands them out as
// they arrive. A message that is gone by now is handed out as removed.
func (m *Mailbox) complete(ctx context.Context, due []Change, each func(Change) error) error {
	var single []Change
	batch := graph.Batch{Name: "list attachments", Price: m.price, MaxItem: maxBatchAnswer}
	for _, change := range due {
		batch.Calls = append(batch.Calls, graph.BatchCall{
			Path:   m.path("messages", string(change.ID), "attachments") + "?" + expandItem,
			Header: map[string]string{"Prefer": immutable + ", odata.maxpagesize=999"},
		})
	}
	batch.Answer = func(i int, body []byte, err error) error {
		change := due[i]
		due[i].Raw = nil // handed out below, or kept by single
		switch {
		case err == nil && rawjson.Field(body, "@odata.nextLink") == nil:
			change.Attachments = attachmentsOf(body)
			return each(change)
		case fault.Is(err, fault.NotFound):
			return each(Change{ID: change.ID, Removed: true})
		case ctx.Err() != nil || fault.Is(err, fault.Throttled):
			return err
		default:
			single = append(single, change)
			return nil
		}
	}
	if err := m.client.Send(ctx, batch); err != nil {
		return err
	}
	for _, change := range single {
		if err := m.completeSingly(ctx, &change); err != nil {
			return err
		}
		if err := each(change); err != nil {
			return err
		}
	}
	return nil
}

// fillIn reads the messages whose delta says only what changed (a read state alone comes as
// {id, isRead}: https://learn.microsoft.com/en-us/graph/delta-query-messages), hands out those
// that are whole then, and returns those that lack attachments.
func (m *Mailbox) fillIn(ctx context.Context, due []Change, withAttachments bool, each func(Change) error) (rest []Change, err error) {
	var sparse []m365.ItemID
	batch := graph.Batch{Name: "get changed messages", Price: m.price, MaxItem: maxBatchAnswer}
	for _, change := range due {
		if rawjson.Field(change.Raw, "body") != nil {
			rest = append(rest, change)
			continue
		}
		sparse = append(sparse, change.ID)
		batch.Calls = append(batch.Calls, graph.BatchCall{
			Path: m.path("messages", string(change.ID)), Header: map[string]string{"Prefer": immutable},
		})
	}
	batch.Answer = func(i int, body []byte, err error) error {
		if fault.Is(err, fault.NotFound) {
			return each(Change{ID: sparse[i], Removed: true})
		}
		if fault.ReasonOf(err) == "GRAPH_ITEM_TOO_LARGE" {
			body, err = m.Message(ctx, sparse[i])
		}
		if err != nil {
			return err
		}
		change, needs := inspect(rawjson.Without(rawjson.Repair(body), "@odata.context"))
		if change.ID = sparse[i]; needs == nothing || !withAttachments {
			return each(change)
		}
		rest = append(rest, change) // Without made a copy
		return nil
	}
	if err := m.client.Send(ctx, batch); err != nil {
		return nil, err
	}
	return rest, nil
}

func attachmentsOf(page []byte) (attachments []Attachment) {
	for raw := range rawjson.Elements(rawjson.Field(page, "value")) {
		attachments = append(attachments, parseAttachment(raw))
	}
	return attachments
}

// completeSingly reads a message's attachments one by one: where the batch could not have them
// (ErrorTooManyObjectsOpened, too large, broken), large ones only when they are opened. What
// cannot be had is noted in the change; an error is returned only if nothing more can be had now.
func (m *Mailbox) completeSingly(ctx context.Context, change *Change) error {
	var listed []Attachment
	_, err := m.client.Read(ctx, graph.Pages{
		First:  graph.Request{Name: "list attachments", Path: m.path("messages", string(change.ID), "attachments"), Query: described},
		Prefer: immutable,
		Item: func(raw []byte) error {
			listed = append(listed, m.remote(change.ID, raw))
			return nil
		},
	})
	if err != nil {
		return m.note(ctx, change, err)
	}
	for _, a := range listed {
		if a.Size > MaxInline/4*3 && !isItem(a.Raw) { // base64 makes four bytes of three
			change.Attachments = append(change.Attachments, a)
			continue
		}
		whole, err := m.attachment(ctx, change.ID, a.ID)
		if err != nil {
			if err := m.note(ctx, change, fault.Wrap("attachment "+strconv.Itoa(len(change.Attachments)+1), err)); err != nil {
				return err
			}
			continue
		}
		change.Attachments = append(change.Attachments, whole)
	}
	return nil
}

// note keeps a failure that concerns this message alone, and returns one that concerns the whole mailbox.
func (m *Mailbox) note(ctx context.Context, change *Change, err error) error {
	switch kind := fault.KindOf(err); {
	case ctx.Err() != nil, kind == fault.Throttled, kind == fault.Unauthentic, kind == fault.Cancelled:
		return err
	default:
		change.Err = errors.Join(change.Err, err)
		return nil
	}
}

func isItem(raw []byte) bool {
	return rawjson.Text(rawjson.Field(raw, "@odata.type")) == "#microsoft.graph.itemAttachment"
}

// Attachments reads all attachments of one message; the content of large ones when it is opened.
func (m *Mailbox) Attachments(ctx context.Context, message m365.ItemID) ([]Attachment, error) {
	change := Change{ID: message}
	if err := m.completeSingly(ctx, &change); err != nil {
		return nil, err
	}
	return change.Attachments, change.Err
}
