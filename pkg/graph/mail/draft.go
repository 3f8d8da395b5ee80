package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// readOnly are members that Graph serves and does not take, or that belong to where the message was.
// Dates travel as extended properties.
var readOnly = map[string]bool{
	"id": true, "changeKey": true, "createdDateTime": true, "lastModifiedDateTime": true, "receivedDateTime": true,
	"sentDateTime": true, "hasAttachments": true, "bodyPreview": true, "parentFolderId": true, "conversationId": true,
	"isDraft": true, "webLink": true, "uniqueBody": true, "attachments": true, "extensions": true,
	"singleValueExtendedProperties": true, "multiValueExtendedProperties": true, "internetMessageHeaders": true,
	// of meeting messages, which are restored as plain ones: Graph creates no eventMessage
	"meetingMessageType": true, "event": true, "startDateTime": true, "endDateTime": true, "location": true, "type": true,
	"recurrence": true, "isOutOfDate": true, "isAllDay": true, "isDelegated": true, "responseType": true,
	"proposedNewTime": true, "meetingRequestType": true, "allowNewTimeProposals": true, "responseRequested": true,
	"previousEndDateTime": true, "previousLocation": true, "previousStartDateTime": true,
}

// Upload is an attachment to be restored: its JSON, and its content if that is not inside.
type Upload struct {
	Raw     []byte
	Content io.ReaderAt // nil: everything is in Raw; what is small is read by NewDraft already
	Size    int64       // of Content
}

// Draft is a message to be created as it was.
type Draft struct {
	body    []byte   // what is posted
	later   []Upload // what does not fit into that
	marker  string
	partial bool
}

// NewDraft prepares a message for creation from what Graph once served: dates, read state, flags,
// categories and the Message-ID stay, and a message that was sent or received does not become a
// draft. marker (any text, at most 200 bytes) is written into it, so that a re-run finds what was made:
// see [Existing]. Attachments go along in the same request as far as they fit, wherever their
// content is. Invalid means that raw is no message.
func NewDraft(raw []byte, attachments []Upload, marker string) (Draft, error) {
	if len(rawjson.Field(raw, "body")) == 0 && len(rawjson.Field(raw, "subject")) == 0 && len(rawjson.Field(raw, "receivedDateTime")) == 0 {
		return Draft{}, fault.New(fault.Invalid, "prepare message", "what is to be restored is no message", fault.Reason("MAIL_NOT_A_MESSAGE"))
	}
	along, later, err := goAlong(len(raw)+len(marker)+aroundMessage, attachments)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{marker: marker, later: later, partial: len(later) > 0}
	d.body = d.write(raw, along)
	return d, nil
}

// aroundMessage is more than what write adds: four properties and their names.
const aroundMessage = 1 << 10

func (d Draft) write(raw []byte, along [][]byte) []byte {
	var out bytes.Buffer
	out.Grow(len(raw) + 512)
	out.WriteByte('{')
	var sent, received string
	draft := false
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "sentDateTime":
			sent = rawjson.Text(value)
		case "receivedDateTime":
			received = rawjson.Text(value)
		case "isDraft":
			draft = rawjson.True(value)
		}
		if readOnly[string(name)] || bytes.IndexByte(name, '@') >= 0 || string(value) == "null" {
			continue
		}
		member(&out, string(name), value)
	}
	out.WriteString(`"singleValueExtendedProperties":[`)
	property(&out, propertyMarker, d.markerNow())
	if !draft {
		property(&out, propertyFlags, flagsSubmitted)
	}
	if isTime(sent) {
		property(&out, propertySent, sent)
	}
	if isTime(received) {
		property(&out, propertyDelivered, received)
	}
	out.Truncate(out.Len() - 1) // the last comma
	out.WriteByte(']')
	if len(along) > 0 {
		out.WriteString(`,"attachments":[`)
		out.Write(bytes.Join(along, []byte{','}))
		out.WriteByte(']')
	}
	out.WriteByte('}')
	return out.Bytes()
}

func (d Draft) markerNow() string {
	if d.partial {
		return unfinished + d.marker
	}
	return d.marker
}

// Create makes the message in the folder, with all its attachments, and returns its id. If it is
// cut off in between, what is there already is not Finished: delete it and create it again.
// Exhausted means that the mailbox is full.
func (m *Mailbox) Create(ctx context.Context, folder m365.FolderID, d Draft) (m365.ItemID, error) {
	request := m.request("create message", "POST", m.path("mailFolders", string(folder), "messages"))
	request.Body = d.body
	raw, err := m.client.Bytes(ctx, request)
	if err != nil {
		return "", err
	}
	id := m365.ItemID(rawjson.Text(rawjson.Field(raw, "id")))
	for _, a := range d.later {
		if err := m.Attach(ctx, id, a); err != nil {
			return id, err
		}
	}
	if d.partial {
		err = m.Update(ctx, id, finished(d.marker))
	}
	return id, err
}

func finished(marker string) []byte {
	var out bytes.Buffer
	out.WriteString(`{"singleValueExtendedProperties":[`)
	property(&out, propertyMarker, marker)
	out.Truncate(out.Len() - 1)
	out.WriteString(`]}`)
	return out.Bytes()
}

func member(out *bytes.Buffer, name string, value []byte) {
	out.WriteString(`"` + name + `":`)
	out.Write(value)
	out.WriteByte(',')
}

func property(out *bytes.Buffer, id, value string) {
	quotedValue, _ := json.Marshal(value) // text always marshals
	out.WriteString(`{"id":"` + id + `","value":`)
	out.Write(quotedValue)
	out.WriteString(`},`)
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}
