package mime

import (
	"bytes"
	"context"
	"io"
	"regexp"

	gomail "github.com/emersion/go-message"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/export"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Renderer implements export.Renderer.
type Renderer struct{}

var _ export.Renderer = Renderer{}

// The parts of a message in a snapshot.
const (
	itemPart = "item"
	mimePart = "mime"
)

// Render implements export.Renderer.
func (Renderer) Render(ctx context.Context, out io.Writer, reader snapshot.Reader, item snapshot.Item) error {
	if item.Has(mimePart) {
		return copyPart(ctx, out, reader, item, mimePart)
	}
	raw, err := readPart(ctx, reader, item, itemPart)
	if err != nil {
		return err
	}
	var m message
	if err := parse(raw, &m); err != nil {
		return err
	}
	if kept := snapshot.Attachments(item); len(kept) > 0 {
		if m.Attachments, err = attachments(ctx, reader, item, kept); err != nil {
			return err
		}
	}
	return fault.Wrap("write message", m.write(out))
}

func copyPart(ctx context.Context, out io.Writer, reader snapshot.Reader, item snapshot.Item, part string) error {
	stream, err := reader.Open(ctx, item, part)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // it was only read
	_, err = io.Copy(out, stream)
	return err
}

func readPart(ctx context.Context, reader snapshot.Reader, item snapshot.Item, part string) ([]byte, error) {
	var all bytes.Buffer
	err := copyPart(ctx, &all, reader, item, part)
	return all.Bytes(), err
}

func attachments(ctx context.Context, reader snapshot.Reader, item snapshot.Item, kept []snapshot.Attachment) ([]attachment, error) {
	all := make([]attachment, len(kept))
	for i, k := range kept {
		raw, err := readPart(ctx, reader, item, k.Part)
		if err == nil {
			err = parse(raw, &all[i])
		}
		if err != nil {
			return nil, err
		}
		if k.Content != "" {
			all[i].open = func() (io.ReadCloser, error) { return reader.Open(ctx, item, k.Content) }
		}
	}
	return all, nil
}

// write writes a message of any depth.
func (m *message) write(out io.Writer) error {
	header := m.header()
	var inline, beside []attachment
	for _, a := range m.Attachments {
		if a.Inline && a.ContentID != "" && a.Type == fileAttachment {
			inline = append(inline, a)
		} else {
			beside = append(beside, a)
		}
	}
	if len(beside) == 0 {
		return m.content(inline, header.Header, func(h gomail.Header) (*gomail.Writer, error) { return gomail.CreateWriter(out, h) })
	}
	header.SetContentType("multipart/mixed", nil)
	mixed, err := gomail.CreateWriter(out, header.Header)
	if err != nil {
		return err
	}
	if err := m.content(inline, gomail.Header{}, mixed.CreatePart); err != nil {
		return err
	}
	for _, a := range beside {
		if err := a.write(mixed); err != nil {
			return err
		}
	}
	return mixed.Close()
}

// content writes the body and what is shown inside it; create begins the entity.
func (m *message) content(inline []attachment, header gomail.Header, create func(gomail.Header) (*gomail.Writer, error)) error {
	if len(inline) == 0 {
		return m.text(header, create)
	}
	header.SetContentType("multipart/related", map[string]string{"type": m.textType()})
	related, err := create(header)
	if err != nil {
		return err
	}
	if err := m.text(gomail.Header{}, related.CreatePart); err != nil {
		return err
	}
	for _, a := range inline {
		if err := a.write(related); err != nil {
			return err
		}
	}
	return related.Close()
}

func (m *message) textType() string {
	if m.Body.Type == "html" {
		return "text/html"
	}
	return "text/plain"
}

func (m *message) text(header gomail.Header, create func(gomail.Header) (*gomail.Writer, error)) error {
	header.SetContentType(m.textType(), map[string]string{"charset": "utf-8"})
	header.Set("Content-Transfer-Encoding", "quoted-printable")
	text, err := create(header)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(text, declared.ReplaceAllString(m.Body.Content, "${1}utf-8")); err != nil {
		return err
	}
	return text.Close()
}

// declared is where HTML names its encoding. Graph serves Unicode whatever the message said of
// itself, and some readers believe the page before the header.
var declared = regexp.MustCompile(`(?i)(<meta[^>]*charset=["']?)[-\w]+`)
