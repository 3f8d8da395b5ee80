package letter

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jhillyerd/enmime/v2"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// deepest is how many mails inside mails are unpacked; what lies deeper stays a file.
const deepest = 8

// Parse reads a MIME message. It always returns a letter.
func Parse(raw []byte, now time.Time) *Letter { return parse(raw, now, 0) }

func parse(raw []byte, now time.Time, depth int) *Letter {
	envelope, err := enmime.NewParser(enmime.SkipMalformedParts(true), enmime.DisableTextConversion(true), enmime.MaxStoredPartErrors(10)).ReadEnvelope(bytes.NewReader(raw))
	if err != nil || envelope.Root == nil {
		return unreadable(raw, now)
	}
	l := &Letter{MIME: raw, Subject: clean(envelope.GetHeader("Subject")), Importance: importance(envelope), Class: class(envelope)}
	l.Body, l.HTML = []byte(clean(envelope.HTML)), envelope.HTML != ""
	if !l.HTML {
		l.Body = []byte(clean(envelope.Text))
	}
	l.people(envelope)
	l.dates(envelope, now)
	keys := envelope.GetHeaderKeys()
	slices.Sort(keys)
	for _, key := range keys {
		for _, value := range envelope.GetHeaderValues(key) {
			l.Headers = append(l.Headers, Header{key, clean(value)})
		}
	}
	l.attach(envelope.Inlines, depth, true)
	l.attach(envelope.OtherParts, depth, true)
	l.attach(envelope.Attachments, depth, false)
	return l
}

// unreadable keeps what no parser understands.
func unreadable(raw []byte, now time.Time) *Letter {
	id := seed.New(seed.Text(string(raw)))
	return &Letter{MIME: raw, Body: []byte(clean(string(raw))), Received: now, Sent: now, Importance: "normal", Class: "IPM.Note",
		MessageID: "<" + id.GUID() + "@unreadable.invalid>"}
}

// clean makes text that JSON can carry: UTF-8 without NUL.
func clean(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	return strings.ReplaceAll(text, "\x00", "")
}

func (l *Letter) people(envelope *enmime.Envelope) {
	list := func(name string) []Address {
		found, _ := envelope.AddressList(name) // what cannot be read is left out
		var people []Address
		for _, a := range found {
			people = append(people, Address{clean(a.Name), clean(a.Address)})
		}
		return people
	}
	if from := list("From"); len(from) > 0 {
		l.From, l.Sender = &from[0], &from[0]
	} else if text := strings.TrimSpace(envelope.GetHeader("From")); text != "" {
		l.From = &Address{Name: clean(text)}
		l.Sender = l.From
	}
	if sender := list("Sender"); len(sender) > 0 {
		l.Sender = &sender[0]
	}
	l.To, l.Cc, l.Bcc, l.ReplyTo = list("To"), list("Cc"), list("Bcc"), list("Reply-To")
}

func (l *Letter) dates(envelope *enmime.Envelope, now time.Time) {
	l.Sent = now
	if date, err := mail.ParseDate(envelope.GetHeader("Date")); err == nil {
		l.Sent = date.UTC()
	}
	l.Received = l.Sent
	if received := envelope.GetHeaderValues("Received"); len(received) > 0 {
		_, stamp, _ := strings.Cut(received[0], ";")
		if date, err := mail.ParseDate(strings.TrimSpace(stamp)); err == nil {
			l.Received = date.UTC()
		}
	}
	l.Sent, l.Received = l.Sent.Truncate(time.Second), l.Received.Truncate(time.Second)
	l.MessageID = clean(strings.TrimSpace(envelope.GetHeader("Message-Id")))
	if l.MessageID == "" {
		id := seed.New(seed.Text(string(l.MIME)))
		l.MessageID = "<" + id.GUID() + "@missing.invalid>"
	}
	l.Conversation = seed.Text(l.Subject)
}

func importance(envelope *enmime.Envelope) string {
	text := strings.ToLower(envelope.GetHeader("Importance") + " " + envelope.GetHeader("X-Priority"))
	switch {
	case strings.Contains(text, "high") || strings.HasPrefix(strings.TrimSpace(text), "1"):
		return "high"
	case strings.Contains(text, "low") || strings.HasPrefix(strings.TrimSpace(text), "5"):
		return "low"
	}
	return "normal"
}

// class is the message class that Exchange would give.
func class(envelope *enmime.Envelope) string {
	kind := strings.ToLower(envelope.GetHeader("Content-Type"))
	switch {
	case strings.Contains(kind, "multipart/signed"):
		return "IPM.Note.SMIME.MultipartSigned"
	case strings.Contains(kind, "pkcs7-mime"):
		return "IPM.Note.SMIME"
	case strings.Contains(kind, "multipart/report"):
		return "REPORT.IPM.Note.NDR"
	}
	return "IPM.Note"
}

// pictures are the types that Exchange takes for a part of the text.
var pictures = []string{"image/jpeg", "image/jpg", "image/pjpeg", "image/gif", "image/bmp", "image/png", "image/x-png"}

// shows tells whether the text shows an attachment. What it does not show is an ordinary one, whatever its
// disposition says: hidden, nobody would find it. See [MS-OXCMAIL] 2.2.3.4.1.4.1, Inline Attachments,
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail/35b0a1ea-56b4-4bff-b9df-0c35c883a22b
func (l *Letter) shows(a *Attachment) bool {
	return l.HTML && a.ContentID != "" && slices.Contains(pictures, strings.ToLower(a.ContentType)) && bytes.Contains(l.Body, []byte("cid:"+a.ContentID))
}

func (l *Letter) attach(parts []*enmime.Part, depth int, inline bool) {
	for _, part := range parts {
		a := NewFile(clean(part.FileName), clean(part.ContentType), part.Content)
		a.Number, a.Modified = uint32(len(l.Attachments)+1), l.Received
		a.ContentID = clean(strings.Trim(part.ContentID, "<>"))
		a.Inline = inline && l.shows(a)
		if a.data == nil {
			a.data = []byte{}
		}
		if strings.EqualFold(part.ContentType, "message/rfc822") && depth < deepest && len(part.Content) > 0 {
			nested := parse(part.Content, l.Received, depth+1)
			a.Kind, a.Item, a.Inline, a.ContentType = Item, nested, false, ""
			if a.Name == "" {
				a.Name = nested.Subject
			}
		}
		if a.Name == "" {
			a.Name = "attachment"
		}
		l.Attachments = append(l.Attachments, a)
	}
}
