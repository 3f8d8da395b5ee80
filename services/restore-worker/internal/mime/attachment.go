package mime

import (
	"bytes"
	"io"
	"strings"

	gomail "github.com/emersion/go-message"
)

// Types of attachments.
const (
	fileAttachment = "#microsoft.graph.fileAttachment"
	itemAttachment = "#microsoft.graph.itemAttachment"
)

// write adds an attachment to a multipart entity.
func (a *attachment) write(to *gomail.Writer) error {
	switch {
	case a.Type == itemAttachment && a.open != nil: // MIME as Exchange gave it out
		return a.part(to, a.asMessage(), a.open)
	case a.Type == itemAttachment:
		text, err := a.item()
		if err != nil {
			return err
		}
		return a.part(to, a.asMessage(), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
	case a.Type != fileAttachment: // a link: where it points to is all there is of it
		link := "Attached as a link: " + a.Name + "\r\n" + a.SourceURL + "\r\n"
		return a.part(to, a.header("text/plain", a.Name+".txt"), func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(link)), nil })
	case a.open != nil:
		return a.part(to, a.header(a.ContentType, a.Name), a.open)
	default:
		return a.part(to, a.header(a.ContentType, a.Name), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(a.Bytes)), nil })
	}
}

func (a *attachment) part(to *gomail.Writer, header gomail.Header, open func() (io.ReadCloser, error)) error {
	part, err := to.CreatePart(header)
	if err != nil {
		return err
	}
	content, err := open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // it was only read
	if _, err := io.Copy(part, content); err != nil {
		return err
	}
	return part.Close()
}

func (a *attachment) header(contentType, name string) gomail.Header {
	var h gomail.Header
	if a.ContentID != "" {
		h.Set("Content-Id", "<"+oneLine(strings.Trim(a.ContentID, "<>"))+">")
	}
	h.Set("Content-Transfer-Encoding", "base64")
	disposition := "attachment"
	if a.Inline {
		disposition = "inline"
	}
	h.SetContentDisposition(disposition, map[string]string{"filename": oneLine(name)})
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if !plainType(kind) {
		kind = "application/octet-stream"
	}
	h.SetContentType(kind, map[string]string{"name": oneLine(name)})
	return h
}

// plainType tells whether a part may be written as base64 under this type: multipart and message
// types may not (RFC 2045, 6.4), and a type that no parser reads helps nobody.
func plainType(kind string) bool {
	major, minor, ok := strings.Cut(kind, "/")
	return ok && major != "multipart" && major != "message" && major != "" && minor != "" &&
		!strings.ContainsFunc(kind, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"[]?=`, r) })
}

// asMessage is the header of an attached message, which is not encoded.
func (a *attachment) asMessage() gomail.Header {
	var h gomail.Header
	h.SetContentDisposition("attachment", map[string]string{"filename": oneLine(a.Name) + ".eml"})
	h.Set("Content-Transfer-Encoding", "8bit")
	h.SetContentType("message/rfc822", nil)
	return h
}

// item is an attached message as text. Attached events and contacts are written as far as they have a
// subject and a body.
func (a *attachment) item() ([]byte, error) {
	var inner message
	if len(a.Item) > 0 {
		if err := parse(a.Item, &inner); err != nil {
			return nil, err
		}
	}
	var text bytes.Buffer
	err := inner.write(&text)
	return text.Bytes(), err
}
