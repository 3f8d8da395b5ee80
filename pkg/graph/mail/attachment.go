package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// MaxInline is up to how many bytes of JSON an attachment is handed out in one piece.
const MaxInline = 8 << 20

// Attachment is one attachment of a message.
type Attachment struct {
	ID   string
	Raw  []byte // as served; without contentBytes if Open is set
	Size int64  // as Graph says, or of the content
	// Open, if set, reads the content of a large one: a file's bytes, or the MIME of an attached
	// item. The caller closes it. It may be called more than once, while the Change is valid.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// parseAttachment takes one as served, and moves the content of a large file aside.
func parseAttachment(raw []byte) Attachment {
	raw = rawjson.Repair(raw)
	a := Attachment{Raw: raw}
	var content []byte
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "id":
			a.ID = rawjson.Text(value)
		case "size":
			a.Size, _ = strconv.ParseInt(string(value), 10, 64)
		case "contentBytes":
			content = value
		}
	}
	if len(raw) > MaxInline && len(content) > 2 && content[0] == '"' {
		a.Raw = rawjson.Without(raw, "contentBytes")
		a.Open = func(context.Context) (io.ReadCloser, error) { return io.NopCloser(decoded(content)), nil }
	}
	return a
}

// decoded reads the bytes that a JSON string holds in base64. Graph writes no escapes in it but \/.
func decoded(quoted []byte) io.Reader {
	text := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		text = []byte(rawjson.Text(quoted))
	}
	return base64.NewDecoder(base64.StdEncoding, bytes.NewReader(text))
}

// remote is an attachment whose content stays where it is until it is opened.
func (m *Mailbox) remote(message m365.ItemID, raw []byte) Attachment {
	a := parseAttachment(bytes.Clone(raw))
	a.Open = func(ctx context.Context) (io.ReadCloser, error) { return m.OpenAttachment(ctx, message, a.ID) }
	return a
}

// OpenAttachment reads the content of an attachment: a file's bytes, or the MIME of an attached item.
func (m *Mailbox) OpenAttachment(ctx context.Context, message m365.ItemID, id string) (io.ReadCloser, error) {
	return m.stream(ctx, "read attachment", m.path("messages", string(message), "attachments", id, "$value"))
}

// attachment reads one attachment in one piece, an attached item with its content.
func (m *Mailbox) attachment(ctx context.Context, message m365.ItemID, id string) (Attachment, error) {
	request := m.request("get attachment", http.MethodGet, m.path("messages", string(message), "attachments", id))
	request.Query = expandItem
	raw, err := m.client.Bytes(ctx, request)
	if err != nil {
		return Attachment{}, err
	}
	return parseAttachment(rawjson.Without(raw, "@odata.context")), nil
}
