package mail

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// written is a message as a client writes it. What is read-only in Outlook (dates, ids) is
// accepted and ignored, as Exchange does.
type written struct {
	Subject    *string     `json:"subject"`
	Body       *body       `json:"body"`
	From       *recipient  `json:"from"`
	Sender     *recipient  `json:"sender"`
	To         []recipient `json:"toRecipients"`
	Cc         []recipient `json:"ccRecipients"`
	Bcc        []recipient `json:"bccRecipients"`
	ReplyTo    []recipient `json:"replyTo"`
	MessageID  string      `json:"internetMessageId"`
	Importance *string     `json:"importance"`
	Read       *bool       `json:"isRead"`
	Categories *[]string   `json:"categories"`
	Flag       *followup   `json:"flag"`
	Headers    []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	} `json:"internetMessageHeaders"`
	Extended []struct {
		ID    string `json:"id"`
		Value string `json:"value"`
	} `json:"singleValueExtendedProperties"`
	Attachments []json.RawMessage `json:"attachments"`
}

type body struct {
	Type    string `json:"contentType"`
	Content string `json:"content"`
}

// set puts the body into a letter; none is an empty text.
func (b *body) set(l *letter.Letter) {
	if b == nil {
		l.Body, l.HTML = []byte{}, false
		return
	}
	l.Body, l.HTML = []byte(b.Content), strings.EqualFold(b.Type, "html")
}

type recipient struct {
	Address struct {
		Name    string `json:"name"`
		Address string `json:"address"`
	} `json:"emailAddress"`
}

func (r *recipient) person() *letter.Address {
	if r == nil || r.Address.Address == "" && r.Address.Name == "" {
		return nil
	}
	name := r.Address.Name
	if name == r.Address.Address {
		name = ""
	}
	return &letter.Address{Name: name, Address: r.Address.Address}
}

func people(list []recipient) []letter.Address {
	var all []letter.Address
	for _, r := range list {
		if a := r.person(); a != nil {
			all = append(all, *a)
		}
	}
	return all
}

// extendedMap holds the properties by normalised id.
func (w *written) extendedMap() map[string]string {
	values := map[string]string{}
	for _, property := range w.Extended {
		values[normalise(property.ID)] = property.Value
	}
	return values
}

// letter makes the content of a new message. Dates come from the extended properties or are now.
func (w *written) letter(extended map[string]string, now time.Time) (*letter.Letter, error) {
	now = now.UTC().Truncate(time.Second)
	l := &letter.Letter{
		From: w.From.person(), Sender: w.Sender.person(), To: people(w.To), Cc: people(w.Cc), Bcc: people(w.Bcc), ReplyTo: people(w.ReplyTo),
		MessageID: w.MessageID, Class: "IPM.Note", Sent: now, Received: now,
	}
	if w.Subject != nil {
		l.Subject = *w.Subject
	}
	w.Body.set(l)
	for _, h := range w.Headers {
		l.Headers = append(l.Headers, letter.Header{Name: h.Name, Value: h.Value})
	}
	if class := extended[messageClass]; class != "" {
		l.Class = class
	}
	l.Conversation = seed.Text(strings.TrimPrefix(l.Subject, "RE: "))
	for id, to := range map[string]*time.Time{submitTime: &l.Sent, deliveryTime: &l.Received} {
		if err := setTime(to, extended[id]); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func setTime(to *time.Time, text string) error {
	if text == "" {
		return nil
	}
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return wire.BadRequest("ErrorInvalidProperty", "The value '"+text+"' of the extended property is no SystemTime.")
	}
	*to = when.UTC().Truncate(time.Second)
	return nil
}

// state makes the state of a new message: a draft, unless PidTagMessageFlags lacks the unsent bit.
func (w *written) state(extended map[string]string) state {
	s := state{draft: true, read: true, importance: "normal", flag: w.Flag.flag()}
	if bits, err := strconv.Atoi(extended[messageFlags]); err == nil {
		s.draft, s.read = bits&flagUnsent != 0, bits&flagRead != 0
	}
	w.apply(&s)
	return s
}

// apply puts what was written over a state.
func (w *written) apply(s *state) {
	if w.Read != nil {
		s.read = *w.Read
	}
	if w.Importance != nil {
		s.importance = strings.ToLower(*w.Importance)
	}
	if w.Categories != nil {
		s.categories = *w.Categories
	}
	if w.Flag != nil {
		s.flag = w.Flag.flag()
	}
}

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
