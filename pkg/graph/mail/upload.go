package mail

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Attach adds an attachment to a message: small ones in one request, large files in a session of
// fragments that goes on where it was when a fragment fails.
func (m *Mailbox) Attach(ctx context.Context, message m365.ItemID, a Upload) error {
	if a.Content == nil {
		if content := rawjson.Field(a.Raw, "contentBytes"); len(content) > 2 {
			plain, err := io.ReadAll(decoded(content))
			if err != nil {
				return fault.As(fault.Invalid, "attach", err, fault.Reason("MAIL_BAD_ATTACHMENT"))
			}
			a.Content, a.Size = bytes.NewReader(plain), int64(len(plain))
		}
	}
	if a.Content == nil || a.Size < maxPosted {
		return m.attachAtOnce(ctx, message, a)
	}
	return m.attachInParts(ctx, message, a)
}

func (m *Mailbox) attachAtOnce(ctx context.Context, message m365.ItemID, a Upload) error {
	body, err := a.posted()
	if err != nil {
		return err
	}
	request := m.request("attach", http.MethodPost, m.path("messages", string(message), "attachments"))
	request.Body = body
	return m.client.JSON(ctx, request, nil)
}

// attachInParts uploads a file attachment of 3 to 150 MB:
// https://learn.microsoft.com/en-us/graph/outlook-large-attachments
func (m *Mailbox) attachInParts(ctx context.Context, message m365.ItemID, a Upload) error {
	request := m.request("create attachment session", http.MethodPost, m.path("messages", string(message), "attachments", "createUploadSession"))
	request.Body = append(append([]byte(`{"AttachmentItem":`), describe(a.Raw, a.Size)...), '}')
	var session struct {
		UploadURL string `json:"uploadUrl"`
	}
	if err := m.client.JSON(ctx, request, &session); err != nil {
		return err
	}
	price := graph.MailboxPrice(m.user, 1, graph.AttachmentFragment)
	return m.client.Upload(ctx, graph.UploadSession{
		Name: "upload attachment", URL: session.UploadURL, Size: a.Size, Content: a.Content,
		Fragment: graph.AttachmentFragment, Price: &price,
	})
}

func describe(raw []byte, size int64) []byte {
	item := map[string]any{"attachmentType": "file", "size": size}
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "name", "contentType", "contentId":
			if text := rawjson.Text(value); text != "" {
				item[string(name)] = text
			}
		case "isInline":
			item["isInline"] = rawjson.True(value)
		}
	}
	pairs := make([]any, 0, 2*len(item))
	for name, value := range item {
		pairs = append(pairs, name, value)
	}
	return object(pairs...)
}

// attachable is an attachment without the members that Graph does not take, in attached items too.
func attachable(raw []byte) []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "id", "size", "lastModifiedDateTime":
			continue
		case "item":
			value = attachedItem(value)
		case "@odata.type":
		default:
			if bytes.IndexByte(name, '@') >= 0 || string(value) == "null" {
				continue
			}
		}
		member(&out, string(name), value)
	}
	out.Truncate(out.Len() - 1)
	out.WriteByte('}')
	return out.Bytes()
}

// attachedItem keeps what an item inside an attachment needs to be created: its type too, which a
// message of its own does not.
func attachedItem(raw []byte) []byte {
	var out bytes.Buffer
	out.WriteByte('{')
	for name, value := range rawjson.Members(raw) {
		if string(name) == "attachments" {
			value = attachedList(value)
		} else if string(name) != "@odata.type" && (readOnlyInside(string(name)) || bytes.IndexByte(name, '@') >= 0 || string(value) == "null") {
			continue
		}
		member(&out, string(name), value)
	}
	if out.Len() > 1 {
		out.Truncate(out.Len() - 1)
	}
	out.WriteByte('}')
	return out.Bytes()
}

// readOnlyInside differs from a message of its own in that the dates go in as they are: there is
// no other way for them.
func readOnlyInside(name string) bool {
	switch name {
	case "receivedDateTime", "sentDateTime", "isDraft":
		return false
	default:
		return readOnly[name] && !strings.HasPrefix(name, "start") && !strings.HasPrefix(name, "end")
	}
}

func attachedList(list []byte) []byte {
	out := []byte{'['}
	for raw := range rawjson.Elements(list) {
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(out, attachable(raw)...)
	}
	return fmt.Append(out, "]")
}
