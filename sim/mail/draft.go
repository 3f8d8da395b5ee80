package mail

import (
	"encoding/json"
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
		MessageID: w.MessageID, Class: "IPM.Note", Importance: "normal", Sent: now, Received: now,
	}
	if w.Importance != nil {
		l.Importance = strings.ToLower(*w.Importance)
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
