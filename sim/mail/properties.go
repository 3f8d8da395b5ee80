package mail

import (
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

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

// A mail inside a mail shows the same properties, so a plain initialiser would be a cycle.
func init() {
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
			return append(appendIndex(append(b, '"'), m.letter.Conversation), '"')
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
