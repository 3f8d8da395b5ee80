package letter

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// Build writes the letter as a MIME message; one that came in as MIME is returned as it was.
func (l *Letter) Build() []byte {
	if l.MIME != nil {
		return l.MIME
	}
	var b bytes.Buffer
	l.writeHeader(&b)
	related := l.pick(func(a *Attachment) bool { return a.Inline && a.Kind == File })
	mixed := l.pick(func(a *Attachment) bool { return !a.Inline && a.Kind != Reference })
	boundary := fmt.Sprintf("_%016x", l.Conversation^uint64(len(l.Body)))
	switch {
	case len(mixed) > 0:
		open(&b, "multipart/mixed", boundary+"m")
		next(&b, boundary+"m")
		l.writeRelated(&b, related, boundary+"r")
		for _, a := range mixed {
			next(&b, boundary+"m")
			a.write(&b)
		}
		end(&b, boundary+"m")
	default:
		l.writeRelated(&b, related, boundary+"r")
	}
	return b.Bytes()
}

func (l *Letter) pick(wanted func(*Attachment) bool) []*Attachment {
	var list []*Attachment
	for _, a := range l.Attachments {
		if wanted(a) {
			list = append(list, a)
		}
	}
	return list
}

func open(b *bytes.Buffer, kind, boundary string) {
	fmt.Fprintf(b, "Content-Type: %s; boundary=%q\r\n\r\n", kind, boundary)
}

func next(b *bytes.Buffer, boundary string) { fmt.Fprintf(b, "--%s\r\n", boundary) }

func end(b *bytes.Buffer, boundary string) { fmt.Fprintf(b, "--%s--\r\n", boundary) }

func (l *Letter) writeHeader(b *bytes.Buffer) {
	people := func(name string, list []Address) {
		if len(list) > 0 {
			fmt.Fprintf(b, "%s: %s\r\n", name, addressLine(list))
		}
	}
	if l.From != nil {
		people("From", []Address{*l.From})
	}
	people("To", l.To)
	people("Cc", l.Cc)
	people("Bcc", l.Bcc)
	people("Reply-To", l.ReplyTo)
	fmt.Fprintf(b, "Subject: %s\r\n", mime.QEncoding.Encode("utf-8", l.Subject))
	fmt.Fprintf(b, "Date: %s\r\nMessage-ID: %s\r\n", l.Sent.UTC().Format(time.RFC1123Z), l.MessageID)
	if l.Importance != "normal" && l.Importance != "" {
		fmt.Fprintf(b, "Importance: %s\r\n", l.Importance)
	}
	b.WriteString("MIME-Version: 1.0\r\n")
}

func addressLine(list []Address) string {
	parts := make([]string, len(list))
	for i, a := range list {
		parts[i] = (&mail.Address{Name: a.Name, Address: a.Address}).String()
	}
	return strings.Join(parts, ",\r\n\t")
}

func (l *Letter) writeRelated(b *bytes.Buffer, related []*Attachment, boundary string) {
	if len(related) == 0 {
		l.writeBody(b)
		return
	}
	open(b, "multipart/related", boundary)
	next(b, boundary)
	l.writeBody(b)
	for _, a := range related {
		next(b, boundary)
		a.write(b)
	}
	end(b, boundary)
}

// writeBody writes the text in the letter's charset, or in UTF-8 if that cannot express it.
func (l *Letter) writeBody(b *bytes.Buffer) {
	charset, text := "utf-8", l.Body
	if encoding, err := htmlindex.Get(l.Charset); err == nil && l.Charset != "" {
		if encoded, err := encoding.NewEncoder().Bytes(l.Body); err == nil {
			charset, text = l.Charset, encoded
		}
	}
	kind := "text/plain"
	if l.HTML {
		kind = "text/html"
	}
	fmt.Fprintf(b, "Content-Type: %s; charset=%q\r\n", kind, charset)
	if wide(charset) {
		writeBase64(b, text)
		return
	}
	b.WriteString("Content-Transfer-Encoding: quoted-printable\r\n\r\n")
	packer := quotedprintable.NewWriter(b)
	_, _ = packer.Write(text) // a buffer takes everything
	_ = packer.Close()
	b.WriteString("\r\n")
}

// wide tells whether a charset has no line ends that mail knows: in UTF-16 CR and LF are two bytes each,
// and quoted-printable would tear the text at bytes that look like one.
// https://www.rfc-editor.org/rfc/rfc2045#section-6.7
func wide(charset string) bool { return strings.HasPrefix(strings.ToLower(charset), "utf-16") }

func writeBase64(b *bytes.Buffer, content []byte) {
	b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	text := base64.StdEncoding.EncodeToString(content)
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
}

func (a *Attachment) write(b *bytes.Buffer) {
	disposition := "attachment"
	if a.Inline {
		disposition = "inline"
	}
	if a.Kind == Item {
		b.WriteString("Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n")
		b.Write(a.Item.Build())
		b.WriteString("\r\n")
		return
	}
	fmt.Fprintf(b, "Content-Type: %s\r\n", mime.FormatMediaType(mediaType(a.ContentType), map[string]string{"name": a.Name}))
	fmt.Fprintf(b, "Content-Disposition: %s\r\n", mime.FormatMediaType(disposition, map[string]string{"filename": a.Name}))
	if a.ContentID != "" {
		fmt.Fprintf(b, "Content-ID: <%s>\r\n", a.ContentID)
	}
	writeBase64(b, a.Bytes())
}

func mediaType(contentType string) string {
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && strings.Contains(kind, "/") {
		return kind
	}
	return "application/octet-stream"
}
