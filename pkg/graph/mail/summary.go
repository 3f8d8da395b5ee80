package mail

import (
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Summary is what lists and searches need of a message.
type Summary struct {
	ID                m365.ItemID
	Parent            m365.FolderID
	Subject           string
	FromName          string
	FromAddress       string
	To                string // "Name <address>, ..."
	InternetMessageID string
	ChangeKey         string
	Received          time.Time
	Sent              time.Time
	Created           time.Time
	Read              bool
	Draft             bool
	HasAttachments    bool // not counting inline ones
}

// Date is when the message came to be for its reader.
func (s Summary) Date() time.Time {
	for _, t := range []time.Time{s.Received, s.Sent} {
		if !t.IsZero() {
			return t
		}
	}
	return s.Created
}

// Summarise reads a message's summary out of its JSON in one pass.
func Summarise(raw []byte) Summary {
	var s Summary
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "id":
			s.ID = m365.ItemID(rawjson.Text(value))
		case "parentFolderId":
			s.Parent = m365.FolderID(rawjson.Text(value))
		case "subject":
			s.Subject = rawjson.Text(value)
		case "from":
			s.FromName, s.FromAddress = recipient(value)
		case "toRecipients":
			s.To = recipients(value)
		case "internetMessageId":
			s.InternetMessageID = rawjson.Text(value)
		case "changeKey":
			s.ChangeKey = rawjson.Text(value)
		case "receivedDateTime":
			s.Received = timeOf(value)
		case "sentDateTime":
			s.Sent = timeOf(value)
		case "createdDateTime":
			s.Created = timeOf(value)
		case "isRead":
			s.Read = rawjson.True(value)
		case "isDraft":
			s.Draft = rawjson.True(value)
		case "hasAttachments":
			s.HasAttachments = rawjson.True(value)
		}
	}
	return s
}

func recipient(value []byte) (name, address string) {
	mailbox := rawjson.Field(value, "emailAddress")
	return rawjson.Text(rawjson.Field(mailbox, "name")), rawjson.Text(rawjson.Field(mailbox, "address"))
}

func recipients(list []byte) string {
	var out strings.Builder
	for value := range rawjson.Elements(list) {
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		name, address := recipient(value)
		if name == "" || name == address {
			out.WriteString(address)
			continue
		}
		out.WriteString(name + " <" + address + ">")
	}
	return out.String()
}

func timeOf(value []byte) time.Time {
	t, _ := time.Parse(time.RFC3339, rawjson.Text(value)) // none, or not one: zero
	return t
}
