package mail

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// addAttachment answers POST .../messages/{message}/attachments.
func (s *Store) addAttachment(c *wire.Call) error {
	content, err := c.Body()
	if err != nil {
		return err
	}
	if len(content) > largestPost+largestPost/3 { // 3 MB of content as base64, with room
		return tooLarge()
	}
	var given file
	if err := json.Unmarshal(content, &given); err != nil {
		return wire.BadRequest("RequestBodyRead", "The attachment cannot be read: "+err.Error())
	}
	a, err := given.attachment(c.Now)
	if err != nil {
		return err
	}
	return s.editMessage(c, func(b *box, m *message) error {
		if c.Effects.Corrupt == "byte" && len(given.Content) > 0 {
			given.Content[len(given.Content)/2] ^= 1
		}
		if c.Effects.Corrupt != "drop" {
			b.hang(c, m, a)
		}
		v := &view{box: b, owner: c.Param("user")}
		context := c.Context("users('" + b.owner.ID + "')/messages('" + c.Param("message") + "')/attachments/$entity")
		return c.JSON(http.StatusCreated, v.attachment(nil, m.key, a, attachmentShape{context: context, bytes: true}))
	})
}

// hang adds an attachment to a message, whose content becomes its own by that.
func (b *box) hang(c *wire.Call, m *message, a *letter.Attachment) {
	l := *b.content(m.key, m)
	l.Attachments, l.MIME = slices.Clone(l.Attachments), nil
	attach(&l, a)
	m.letter, m.onlyRead = &l, false
	b.changes(m, m.state, c.Now)
}

// deleteAttachment answers DELETE .../attachments/{attachment}.
func (s *Store) deleteAttachment(c *wire.Call) error {
	return s.editMessage(c, func(b *box, m *message) error {
		l := *b.content(m.key, m)
		of, number, ok := b.attachmentOf(c.Param("attachment"))
		at := slices.IndexFunc(l.Attachments, func(a *letter.Attachment) bool { return a.Number == number })
		if !ok || of != m.key || at < 0 {
			return itemNotFound()
		}
		l.Attachments, l.MIME = slices.Delete(slices.Clone(l.Attachments), at, at+1), nil
		m.letter, m.onlyRead = &l, false
		b.changes(m, m.state, c.Now)
		return c.NoContent()
	})
}

// createUpload answers POST .../attachments/createUploadSession.
func (s *Store) createUpload(c *wire.Call) error {
	var given struct {
		Item struct {
			Type        string `json:"attachmentType"`
			Name        string `json:"name"`
			Size        int64  `json:"size"`
			ContentType string `json:"contentType"`
			ContentID   string `json:"contentId"`
			Inline      bool   `json:"isInline"`
		} `json:"AttachmentItem"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	item := given.Item
	if item.Name == "" || item.Size <= 0 || item.Size > largestUpload {
		return wire.BadRequest("ErrorAttachmentSizeLimitExceeded", "The attachment needs a name and a size of at most 150 MB.")
	}
	return s.editMessage(c, func(b *box, m *message) error {
		token := s.uploads.begin(&upload{
			box: b, key: m.key, size: item.Size, corrupt: c.Effects.Corrupt, expires: c.Now.Add(uploadLife),
			name: item.Name, contentType: item.ContentType, contentID: item.ContentID, inline: item.Inline,
		})
		address := c.Host() + "/" + UploadHost + "/api/v2.0/Users('" + b.owner.ID + "')/Messages('" +
			b.messageID(m.key, m.folder, true) + "')/AttachmentSessions('" + token + "')?authtoken=" + token
		body := wire.AppendString([]byte(`{"@odata.context":`), c.Context("microsoft.graph.uploadSession"))
		body = wire.AppendString(append(body, `,"uploadUrl":`...), address)
		body = wire.AppendTime(append(body, `,"expirationDateTime":`...), c.Now.Add(uploadLife))
		return c.JSON(http.StatusCreated, append(body, `,"nextExpectedRanges":["0-"]}`...))
	})
}
