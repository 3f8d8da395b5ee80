package mime

import (
	"strings"

	"github.com/emersion/go-message/mail"
)

// header writes the header of a message.
func (m *message) header() mail.Header {
	var h mail.Header
	h.Set("Mime-Version", "1.0")
	if m.Draft {
		h.Set("X-Unsent", "1")
	}
	if m.ConversationRef != "" {
		h.Set("Thread-Index", oneLine(m.ConversationRef))
	}
	if len(m.Categories) > 0 {
		h.SetText("Keywords", oneLine(strings.Join(m.Categories, ", ")))
	}
	if m.Importance == "high" || m.Importance == "low" {
		h.Set("Importance", m.Importance)
	}
	if m.MessageID != "" {
		h.Set("Message-Id", oneLine(m.MessageID))
	}
	h.SetText("Subject", oneLine(m.Subject))
	if m.ReadReceipt && m.From != nil {
		h.SetAddressList("Disposition-Notification-To", addresses([]person{*m.From}))
	}
	set := func(name string, people []person) {
		if list := addresses(people); len(list) > 0 {
			h.SetAddressList(name, list)
		}
	}
	set("Reply-To", m.ReplyTo)
	set("Bcc", m.Bcc)
	set("Cc", m.Cc)
	set("To", m.To)
	if m.Sender != nil && (m.From == nil || m.Sender.Address.Address != m.From.Address.Address) {
		set("Sender", []person{*m.Sender})
	}
	if m.From != nil {
		set("From", []person{*m.From})
	}
	when := m.Sent
	if when.IsZero() {
		when = m.Received
	}
	if !when.IsZero() {
		h.SetDate(when.UTC())
	}
	return h
}

// addresses are what a header can name. Who has neither a name nor an address is left out.
func addresses(people []person) []*mail.Address {
	var list []*mail.Address
	for _, p := range people {
		a := &mail.Address{Name: oneLine(p.Address.Name), Address: oneLine(p.Address.Address)}
		if a.Name == a.Address {
			a.Name = ""
		}
		if a.Address == "" && a.Name == "" {
			continue
		}
		if !strings.Contains(a.Address, "@") { // an internal address, or none: a header needs the form
			a.Name, a.Address = strings.TrimSpace(a.Name+" "+a.Address), "unknown@invalid"
		}
		list = append(list, a)
	}
	return list
}

// oneLine keeps a value from beginning another header.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
