package mail

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var attachmentTypes = map[letter.Kind]string{
	letter.File: "fileAttachment", letter.Item: "itemAttachment", letter.Reference: "referenceAttachment",
}

// appendAttachments is $expand=attachments: Exchange includes the content.
func (v *view) appendAttachments(b []byte, m *shown) []byte {
	b = append(b, '[')
	for i, a := range m.letter.Attachments {
		if i > 0 {
			b = append(b, ',')
		}
		_, item := v.attachments.Expands("itemAttachment/item")
		b = v.attachment(b, m.key, a, attachmentShape{context: "", bytes: v.attachments.Select == nil, item: item})
	}
	return append(b, ']')
}

// attachmentShape says how much of an attachment is shown.
type attachmentShape struct {
	context string
	bytes   bool
	item    bool
}

func (v *view) attachment(b []byte, k key, a *letter.Attachment, shape attachmentShape) []byte {
	b = append(b, '{')
	if shape.context != "" {
		b = append(wire.AppendString(append(b, `"@odata.context":`...), shape.context), ',')
	}
	b = append(append(append(b, `"@odata.type":"#microsoft.graph.`...), attachmentTypes[a.Kind]...), `","id":"`...)
	b = append(b, v.box.attachmentID(k, a.Number)...)
	b = wire.AppendTime(append(b, `","lastModifiedDateTime":`...), a.Modified)
	b = wire.AppendString(append(b, `,"name":`...), a.Name)
	b = append(b, `,"contentType":`...)
	if a.ContentType == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, a.ContentType)
	}
	b = appendInt(append(b, `,"size":`...), a.Size())
	b = wire.AppendBool(append(b, `,"isInline":`...), a.Inline)
	switch a.Kind {
	case letter.File:
		b = appendFile(b, a, shape.bytes)
	case letter.Item:
		if shape.item {
			b = v.item(append(b, `,"item":`...), k, a.Item)
		}
	case letter.Reference: // nothing but what all have
	}
	return append(b, '}')
}

func appendFile(b []byte, a *letter.Attachment, content bool) []byte {
	b = append(b, `,"contentId":`...)
	if a.ContentID == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, a.ContentID)
	}
	b = append(b, `,"contentLocation":null`...)
	if content {
		b = append(b, `,"contentBytes":"`...)
		b = append(base64.StdEncoding.AppendEncode(b, a.Bytes()), '"')
	}
	return b
}

// item is the mail inside an itemAttachment, with its own attachments.
func (v *view) item(b []byte, k key, l *letter.Letter) []byte {
	inner := &view{box: v.box, immutable: true, owner: v.owner}
	m := &shown{key: k, state: state{read: true, importance: l.Importance, flag: flag{status: "notFlagged"}, modified: l.Received}, letter: l}
	b = append(b, `{"@odata.type":"#microsoft.graph.message","id":""`...)
	for i, p := range properties {
		if p.hidden || p.name == "parentFolderId" || p.name == "webLink" {
			continue
		}
		b = append(append(append(b, ',', '"'), properties[i].name...), '"', ':')
		b = p.append(inner, b, m)
	}
	if len(l.Attachments) > 0 {
		b = append(b, `,"attachments":[`...)
		for i, a := range l.Attachments {
			if i > 0 {
				b = append(b, ',')
			}
			b = inner.attachment(b, k, a, attachmentShape{bytes: true, item: true})
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// listAttachments answers GET .../messages/{message}/attachments.
func (s *Store) listAttachments(c *wire.Call) error {
	return s.read(c, func(b *box, k key, l *letter.Letter) error {
		v, err := newView(c, b, nil, nil)
		if err != nil {
			return err
		}
		_, item := c.Query.Expands("itemAttachment/item")
		shape := attachmentShape{bytes: len(c.Query.Select) == 0 || slices.Contains(c.Query.Select, "contentBytes"), item: item}
		page := c.NewPage("users('"+b.owner.ID+"')/messages('"+c.Param("message")+"')/attachments", -1)
		for _, a := range l.Attachments {
			page.Item()
			page.Bytes = v.attachment(page.Bytes, k, a, shape)
		}
		return page.Send()
	})
}

// withAttachment finds the attachment that a call names.
func (s *Store) withAttachment(c *wire.Call, found func(*box, key, *letter.Letter, *letter.Attachment) error) error {
	return s.read(c, func(b *box, k key, l *letter.Letter) error {
		of, number, ok := b.attachmentOf(c.Param("attachment"))
		at := slices.IndexFunc(l.Attachments, func(a *letter.Attachment) bool { return a.Number == number })
		if !ok || of != k || at < 0 {
			return itemNotFound()
		}
		if at == 0 && c.Quirk("broken-attachment") {
			return &wire.Error{Status: http.StatusInternalServerError, Code: "ErrorCannotOpenFileAttachment", Message: "OLE conversion failed for the attachment."}
		}
		return found(b, k, l, l.Attachments[at])
	})
}

// readAttachment answers GET .../attachments/{attachment}.
func (s *Store) readAttachment(c *wire.Call) error {
	return s.withAttachment(c, func(b *box, k key, _ *letter.Letter, a *letter.Attachment) error {
		v, err := newView(c, b, nil, nil)
		if err != nil {
			return err
		}
		_, item := c.Query.Expands("itemAttachment/item")
		context := c.Context("users('" + b.owner.ID + "')/messages('" + c.Param("message") + "')/attachments/$entity")
		return c.JSON(http.StatusOK, v.attachment(nil, k, a, attachmentShape{context, len(c.Query.Select) == 0, item}))
	})
}

// attachmentValue answers GET .../attachments/{attachment}/$value: bytes of a file, MIME of a mail.
func (s *Store) attachmentValue(c *wire.Call) error {
	return s.withAttachment(c, func(_ *box, _ key, _ *letter.Letter, a *letter.Attachment) error {
		switch a.Kind {
		case letter.Reference:
			return &wire.Error{Status: http.StatusMethodNotAllowed, Code: "ErrorInvalidRequest", Message: "A reference attachment has no content."}
		case letter.Item:
			return c.Bytes("text/plain", a.Bytes())
		default:
			return c.Bytes(cmp.Or(a.ContentType, "application/octet-stream"), a.Bytes())
		}
	})
}
