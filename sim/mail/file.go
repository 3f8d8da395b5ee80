package mail

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// file is an attachment as a client writes it.
type file struct {
	Type        string   `json:"@odata.type"`
	Name        string   `json:"name"`
	ContentType string   `json:"contentType"`
	ContentID   string   `json:"contentId"`
	Inline      bool     `json:"isInline"`
	Content     []byte   `json:"contentBytes"`
	Item        *written `json:"item"`
}

// attachment reads one that a client wrote.
func (w *file) attachment(now time.Time) (*letter.Attachment, error) {
	now = now.UTC().Truncate(time.Second)
	var a *letter.Attachment
	switch {
	case strings.EqualFold(w.Type, "#microsoft.graph.itemAttachment"):
		item, err := w.item(now)
		if err != nil {
			return nil, err
		}
		a = &letter.Attachment{Kind: letter.Item, Name: w.Name, Item: item}
	case strings.EqualFold(w.Type, "#microsoft.graph.referenceAttachment"):
		a = &letter.Attachment{Kind: letter.Reference, Name: w.Name, ContentType: w.ContentType}
	case strings.EqualFold(w.Type, "#microsoft.graph.fileAttachment"):
		if w.Content == nil {
			w.Content = []byte{}
		}
		a = letter.NewFile(w.Name, w.ContentType, w.Content)
	default:
		return nil, wire.BadRequest("RequestBodyRead", "The attachment's @odata.type '"+w.Type+"' is not known.")
	}
	if w.Name == "" && a.Kind != letter.Item {
		return nil, wire.BadRequest("ErrorRequiredPropertyMissing", "Required property is missing: name.")
	}
	a.Inline, a.ContentID, a.Modified = w.Inline, w.ContentID, now
	return a, nil
}

func (w *file) item(now time.Time) (*letter.Letter, error) {
	if w.Item == nil {
		return nil, wire.BadRequest("ErrorRequiredPropertyMissing", "Required property is missing: item.")
	}
	l, err := w.Item.letter(w.Item.extendedMap(), now)
	if err != nil {
		return nil, err
	}
	return l, attachAll(l, w.Item.Attachments, now)
}

func attachAll(l *letter.Letter, list []json.RawMessage, now time.Time) error {
	for _, raw := range list {
		var given file
		if err := json.Unmarshal(raw, &given); err != nil {
			return wire.BadRequest("RequestBodyRead", "An attachment cannot be read: "+err.Error())
		}
		a, err := given.attachment(now)
		if err != nil {
			return err
		}
		attach(l, a)
	}
	return nil
}

// attach hangs an attachment on a letter under a number of its own.
func attach(l *letter.Letter, a *letter.Attachment) {
	for _, other := range l.Attachments {
		a.Number = max(a.Number, other.Number)
	}
	a.Number++
	l.Attachments = append(l.Attachments, a)
}

// largestPost is what one POST of a message or an attachment may carry.
const largestPost = 4 << 20

func tooLarge() error {
	return &wire.Error{Status: http.StatusRequestEntityTooLarge, Code: "ErrorMessageSizeExceeded", Message: "The message exceeds the maximum supported size."}
}
