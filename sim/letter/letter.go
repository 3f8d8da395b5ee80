package letter

import (
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Letter is the content of a mail.
type Letter struct {
	Subject      string
	Body         []byte
	HTML         bool
	From, Sender *Address // nil: none, as in a fresh draft
	To, Cc, Bcc  []Address
	ReplyTo      []Address
	Received     time.Time
	Sent         time.Time
	MessageID    string // with its angle brackets
	Conversation uint64
	Importance   string // low, normal or high
	Class        string // IPM.Note and others
	Charset      string // that its MIME form is written in; UTF-8 if empty
	Headers      []Header
	Attachments  []*Attachment
	MIME         []byte // the message as it came in, if it came in so
}

// Address is a mailbox with the name of its owner.
type Address struct{ Name, Address string }

// Header is one line of the header, unfolded.
type Header struct{ Name, Value string }

// HasAttachments is what Graph says: inline ones do not count.
func (l *Letter) HasAttachments() bool {
	for _, a := range l.Attachments {
		if !a.Inline {
			return true
		}
	}
	return false
}

// Kind of an attachment.
type Kind int

// The kinds that Outlook has.
const (
	File      Kind = iota
	Item           // another mail
	Reference      // a link to a file in the cloud; it has no content of its own
)

// Attachment is something that hangs on a letter.
type Attachment struct {
	Number      uint32 // unique in its letter
	Kind        Kind
	Name        string
	ContentType string
	ContentID   string // without angle brackets
	Inline      bool
	Modified    time.Time
	Item        *Letter // of an Item

	data   []byte
	size   int // of made-up content, made when asked for
	source seed.Source
	text   bool
}

// NewFile is an attachment with content.
func NewFile(name, contentType string, data []byte) *Attachment {
	return &Attachment{Kind: File, Name: name, ContentType: contentType, data: data}
}

// MadeUp is an attachment whose content is made from a source whenever it is read; text content
// compresses, other content does not.
func MadeUp(name, contentType string, size int, source seed.Source, text bool) *Attachment {
	return &Attachment{Kind: File, Name: name, ContentType: contentType, size: size, source: source, text: text}
}

// Size is the size of the content in bytes.
func (a *Attachment) Size() int {
	switch {
	case a.Kind == Item:
		return len(a.Item.Body) + len(a.Item.Subject)
	case a.data != nil:
		return len(a.data)
	}
	return a.size
}

// Bytes returns the content; the caller must not change it.
func (a *Attachment) Bytes() []byte {
	switch {
	case a.Kind == Item:
		return a.Item.Build()
	case a.data != nil || a.size == 0:
		return a.data
	}
	content, source := make([]byte, a.size), a.source
	source.Bytes(content)
	if a.text {
		for i, b := range content {
			content[i] = csvLine[int(b)%len(csvLine)]
		}
	}
	return content
}

const csvLine = "0123456789012345678901234567;;;;,,.\n -AB"
