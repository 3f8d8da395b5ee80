package mail

import (
	"context"
	"io"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// immutable goes into every request's Prefer header.
const immutable = `IdType="ImmutableId"`

// Mailbox is one user's primary mailbox.
type Mailbox struct {
	client *graph.Client
	user   m365.UserID
}

// Open returns the user's mailbox. It makes no call.
func Open(client *graph.Client, user m365.UserID) *Mailbox { return &Mailbox{client, user} }

// Message reads one message as Graph serves it, without attachments.
func (m *Mailbox) Message(ctx context.Context, id m365.ItemID) ([]byte, error) {
	return m.client.Bytes(ctx, m.request("get message", http.MethodGet, m.path("messages", string(id))))
}

// MIME reads a message as RFC 5322 text. The caller closes it.
func (m *Mailbox) MIME(ctx context.Context, id m365.ItemID) (io.ReadCloser, error) {
	return m.stream(ctx, "get message as MIME", m.path("messages", string(id), "$value"))
}

// Update changes properties of a message. Since 31 December 2026 a message that is no draft takes
// only isRead, categories, flag and extended properties without a further permission.
func (m *Mailbox) Update(ctx context.Context, id m365.ItemID, patch []byte) error {
	request := m.request("update message", http.MethodPatch, m.path("messages", string(id)))
	request.Body = patch
	return m.client.JSON(ctx, request, nil)
}

// Delete moves a message to the recoverable items. One that is gone is NotFound.
func (m *Mailbox) Delete(ctx context.Context, id m365.ItemID) error {
	return m.client.JSON(ctx, m.request("delete message", http.MethodDelete, m.path("messages", string(id))), nil)
}

// Purge removes a message for good, not even to the recoverable items:
// https://learn.microsoft.com/en-us/graph/api/message-permanentdelete
func (m *Mailbox) Purge(ctx context.Context, id m365.ItemID) error {
	request := m.request("purge message", http.MethodPost, m.path("messages", string(id), "permanentDelete"))
	return m.client.JSON(ctx, request, nil)
}

// Move puts a message into another folder. Its immutable id stays.
func (m *Mailbox) Move(ctx context.Context, id m365.ItemID, target m365.FolderID) error {
	request := m.request("move message", http.MethodPost, m.path("messages", string(id), "move"))
	request.Body = object("destinationId", string(target))
	return m.client.JSON(ctx, request, nil)
}

func (m *Mailbox) path(segments ...string) string {
	return graph.Path(append([]string{"users", string(m.user)}, segments...)...)
}

func (m *Mailbox) request(name, method, path string) graph.Request {
	return graph.Request{Name: name, Method: method, Path: path, Header: http.Header{"Prefer": {immutable}}}
}

func (m *Mailbox) stream(ctx context.Context, name, path string) (io.ReadCloser, error) {
	response, err := m.client.Do(ctx, m.request(name, http.MethodGet, path))
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// price is what a batch on this mailbox costs.
func (m *Mailbox) price(calls, upload int64) ratelimit.Price {
	return graph.MailboxPrice(m.user, calls, upload)
}
