package mail

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// view writes messages as a call wants to see them.
type view struct {
	box         *box
	selected    uint64 // bits of properties
	immutable   bool
	text        bool // bodies as text
	raw         bool // quirk: control characters stand raw in strings
	typed       bool
	attachments *wire.Expand
	extended    []string // normalised ids of extended properties to show
	owner       string   // as the call named it, for links
}

// property is a member of a message, in the order that Graph shows them.
type property struct {
	name   string
	hidden bool // shown only if selected
	append func(v *view, b []byte, m *shown) []byte
}

// shown is a message on its way out.
type shown struct {
	key    key
	folder uint32
	state  state
	letter *letter.Letter
	entry  *message
}

var properties []property

func init() { // a plain initialiser would be a cycle: uniqueBody and body share code
	properties = []property{
		{"createdDateTime", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendTime(b, m.letter.Received) }},
		{"lastModifiedDateTime", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendTime(b, m.state.modified) }},
		{"changeKey", false, func(v *view, b []byte, m *shown) []byte { return append(v.box.appendChangeKey(append(b, '"'), m), '"') }},
		{"categories", false, func(v *view, b []byte, m *shown) []byte { return appendStrings(b, m.state.categories) }},
		{"receivedDateTime", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendTime(b, m.letter.Received) }},
		{"sentDateTime", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendTime(b, m.letter.Sent) }},
		{"hasAttachments", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendBool(b, m.letter.HasAttachments()) }},
		{"internetMessageId", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendString(b, m.letter.MessageID) }},
		{"subject", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendString(b, m.letter.Subject) }},
		{"bodyPreview", false, func(v *view, b []byte, m *shown) []byte { return appendPreview(b, m.letter) }},
		{"importance", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendString(b, m.state.importance) }},
		{"parentFolderId", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendString(b, v.box.folderID(m.folder)) }},
		{"conversationId", false, func(v *view, b []byte, m *shown) []byte {
			return append(appendID(append(b, '"'), "AAQkAGU0OWNkZjAy", v.box.hash, m.letter.Conversation), '"')
		}},
		{"conversationIndex", false, func(v *view, b []byte, m *shown) []byte {
			return append(appendID(append(b, '"'), "AQHb", m.letter.Conversation), '"')
		}},
		{"isDeliveryReceiptRequested", false, func(_ *view, b []byte, _ *shown) []byte { return append(b, "false"...) }},
		{"isReadReceiptRequested", false, func(_ *view, b []byte, _ *shown) []byte { return append(b, "false"...) }},
		{"isRead", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendBool(b, m.state.read) }},
		{"isDraft", false, func(v *view, b []byte, m *shown) []byte { return wire.AppendBool(b, m.state.draft) }},
		{"webLink", false, func(v *view, b []byte, m *shown) []byte {
			b = append(b, `"https://outlook.office365.com/owa/?ItemID=`...)
			return append(v.box.appendMessageID(b, m.key, m.folder, v.immutable), `&exvsurl=1&viewmodel=ReadMessageItem"`...)
		}},
		{"inferenceClassification", false, func(_ *view, b []byte, _ *shown) []byte { return append(b, `"focused"`...) }},
		{"body", false, func(v *view, b []byte, m *shown) []byte { return v.appendBody(b, m.letter) }},
		{"uniqueBody", true, func(v *view, b []byte, m *shown) []byte { return v.appendBody(b, m.letter) }},
		{"sender", false, func(v *view, b []byte, m *shown) []byte { return appendPerson(b, m.letter.Sender) }},
		{"from", false, func(v *view, b []byte, m *shown) []byte { return appendPerson(b, m.letter.From) }},
		{"toRecipients", false, func(v *view, b []byte, m *shown) []byte { return appendPeople(b, m.letter.To) }},
		{"ccRecipients", false, func(v *view, b []byte, m *shown) []byte { return appendPeople(b, m.letter.Cc) }},
		{"bccRecipients", false, func(v *view, b []byte, m *shown) []byte { return appendPeople(b, m.letter.Bcc) }},
		{"replyTo", false, func(v *view, b []byte, m *shown) []byte { return appendPeople(b, m.letter.ReplyTo) }},
		{"flag", false, func(v *view, b []byte, m *shown) []byte { return appendFlag(b, m.state.flag) }},
		{"internetMessageHeaders", true, func(v *view, b []byte, m *shown) []byte { return appendHeaders(b, m.letter.Headers) }},
	}
}

// selection turns $select into bits; nothing selected means what is not hidden. Unknown names
// are ignored, as Outlook does for open types.
func selection(names []string) uint64 {
	var bits uint64
	for i, p := range properties {
		if len(names) == 0 && !p.hidden || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, p.name) }) {
			bits |= 1 << i
		}
	}
	return bits
}

// newView reads what a call wants to see.
func newView(c *wire.Call, b *box, names []string, expand []wire.Expand) (*view, error) {
	v := &view{box: b, selected: selection(names), immutable: c.Prefer.ImmutableID, text: c.Prefer.Text,
		raw: c.Quirk("control-characters"), owner: c.Param("user")}
	query := wire.Query{Expand: expand}
	if attachments, wanted := query.Expands("attachments"); wanted {
		v.attachments = &attachments
	}
	if extended, wanted := query.Expands("singleValueExtendedProperties"); wanted {
		ids, err := extendedIDs(extended.Filter)
		if err != nil {
			return nil, err
		}
		v.extended = ids
	}
	return v, nil
}

// message appends one message; fragment is its @odata.context, if it needs one.
func (v *view) message(b []byte, k key, context string) []byte {
	folder, state, entry, _ := v.box.lookup(k)
	m := &shown{k, folder, state, v.box.content(k, entry), entry}
	b = append(b, '{')
	if context != "" {
		b = append(wire.AppendString(append(b, `"@odata.context":`...), context), ',')
	}
	if v.typed {
		b = append(b, `"@odata.type":"#microsoft.graph.message",`...)
	}
	b = append(v.box.appendChangeKey(append(b, `"@odata.etag":"W/\"`...), m), `\"","id":"`...)
	b = append(v.box.appendMessageID(b, k, folder, v.immutable), '"')
	for i := range properties {
		if v.selected&(1<<i) != 0 {
			b = append(append(append(b, ',', '"'), properties[i].name...), '"', ':')
			b = properties[i].append(v, b, m)
		}
	}
	if v.attachments != nil {
		b = v.appendAttachments(append(b, `,"attachments":`...), m)
	}
	if len(v.extended) > 0 {
		b = v.appendExtended(b, m)
	}
	return append(b, '}')
}

func (b *box) appendChangeKey(to []byte, m *shown) []byte {
	return appendID(to, "CQAAABYA", b.hash^uint64(m.key), m.state.version)
}

func (v *view) appendBody(b []byte, l *letter.Letter) []byte {
	b = append(b, `{"contentType":"`...)
	content := l.Body
	switch {
	case l.HTML && v.text:
		b = append(b, "text"...)
		content = []byte(plainText(l, len(l.Body)))
	case l.HTML:
		b = append(b, "html"...)
	default:
		b = append(b, "text"...)
	}
	b = append(b, `","content":`...)
	if v.raw {
		b = append(append(append(b, '"'), '\x0b'), wire.AppendText(nil, content)[1:]...)
		return append(b, '}')
	}
	return append(wire.AppendText(b, content), '}')
}

const previewLength = 255

func appendPreview(b []byte, l *letter.Letter) []byte {
	return wire.AppendString(b, plainText(l, previewLength))
}

// plainText is the first n bytes of the text, without markup.
func plainText(l *letter.Letter, n int) string {
	text := make([]byte, 0, min(n, 4096)+4)
	inTag, skip := false, ""
	body := l.Body
	for i := 0; i < len(body) && len(text) < n; i++ {
		switch c := body[i]; {
		case !l.HTML:
			text = append(text, c)
		case c == '<':
			inTag = true
			if end := tagged(body[i:], skip); skip == "" || end {
				skip = hiddenTag(body[i:])
			}
		case c == '>' && inTag:
			inTag = false
		case !inTag && skip == "" && (c != '\r' && c != '\n' || len(text) > 0):
			text = append(text, c)
		}
	}
	return strings.ToValidUTF8(string(text), "")
}

// hiddenTag is the element that begins here, if its content is no text.
func hiddenTag(body []byte) string {
	for _, name := range []string{"style", "script", "title"} {
		if len(body) > len(name) && strings.EqualFold(string(body[1:1+len(name)]), name) {
			return name
		}
	}
	return ""
}

// tagged tells whether the end tag of an element begins here.
func tagged(body []byte, name string) bool {
	return len(body) > len(name)+1 && body[1] == '/' && strings.EqualFold(string(body[2:2+len(name)]), name)
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(b, text)
	}
	return append(b, ']')
}

func appendAddress(b []byte, a letter.Address) []byte {
	name := a.Name
	if name == "" {
		name = a.Address
	}
	b = wire.AppendString(append(b, `{"emailAddress":{"name":`...), name)
	return append(wire.AppendString(append(b, `,"address":`...), a.Address), '}', '}')
}

func appendPerson(b []byte, a *letter.Address) []byte {
	if a == nil {
		return append(b, "null"...)
	}
	return appendAddress(b, *a)
}

func appendPeople(b []byte, list []letter.Address) []byte {
	b = append(b, '[')
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAddress(b, a)
	}
	return append(b, ']')
}

func appendFlag(b []byte, f flag) []byte {
	b = append(append(append(b, `{"flagStatus":"`...), f.status...), '"')
	for _, date := range f.dates() {
		if !date.when.IsZero() {
			b = append(append(append(b, `,"`...), date.name...), `":{"dateTime":"`...)
			b = append(date.when.UTC().AppendFormat(b, "2006-01-02T15:04:05.0000000"), `","timeZone":"UTC"}`...)
		}
	}
	return append(b, '}')
}

func appendHeaders(b []byte, headers []letter.Header) []byte {
	b = append(b, '[')
	for i, h := range headers {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(append(b, `{"name":`...), h.Name)
		b = append(wire.AppendString(append(b, `,"value":`...), h.Value), '}')
	}
	return append(b, ']')
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }
