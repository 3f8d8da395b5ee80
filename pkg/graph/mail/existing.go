package mail

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Existing is a message as a restore looks at it: where it is, what it is like, and whether a
// restore of ours made it.
type Existing struct {
	ID        m365.ItemID
	Folder    m365.FolderID
	MessageID string // internetMessageId
	Received  time.Time
	ChangeKey string
	Marker    string // what NewDraft was given; empty if no restore made it
	Finished  bool   // of a marked one: all attachments are there
}

// existingFields is all that an Existing is read from.
var existingFields = []string{
	"$select", "id,parentFolderId,internetMessageId,receivedDateTime,changeKey",
	"$expand", "singleValueExtendedProperties($filter=id eq '" + propertyMarker + "')",
}

// Existing calls each for every message in the folder, a thousand per request.
func (m *Mailbox) Existing(ctx context.Context, folder m365.FolderID, each func(Existing) error) error {
	return m.list(ctx, m.path("mailFolders", string(folder), "messages"), "", each)
}

// WithMessageID returns the messages of the whole mailbox that have this Message-ID. Copies share one.
func (m *Mailbox) WithMessageID(ctx context.Context, messageID string) ([]Existing, error) {
	return m.where(ctx, "internetMessageId eq "+quoted(messageID))
}

// WithMarker returns the messages of the whole mailbox that carry this marker, finished or not.
func (m *Mailbox) WithMarker(ctx context.Context, marker string) ([]Existing, error) {
	var all []Existing
	for _, value := range []string{marker, unfinished + marker} {
		found, err := m.where(ctx, "singleValueExtendedProperties/any(ep: ep/id eq '"+propertyMarker+"' and ep/value eq "+quoted(value)+")")
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// WithID returns one message; NotFound if it is gone.
func (m *Mailbox) WithID(ctx context.Context, id m365.ItemID) (Existing, error) {
	request := m.request("look for message", http.MethodGet, m.path("messages", string(id)))
	request.Query = graph.Query(existingFields...)
	raw, err := m.client.Bytes(ctx, request)
	return parseExisting(raw), err
}

func (m *Mailbox) where(ctx context.Context, filter string) (found []Existing, err error) {
	err = m.list(ctx, m.path("messages"), filter, func(e Existing) error {
		found = append(found, e)
		return nil
	})
	return found, err
}

func (m *Mailbox) list(ctx context.Context, path, filter string, each func(Existing) error) error {
	query := existingFields
	if filter != "" {
		query = append(query[:len(query):len(query)], "$filter", filter)
	}
	_, err := m.client.Read(ctx, graph.Pages{
		First:  graph.Request{Name: "list what is there", Path: path, Query: graph.Query(query...)},
		Prefer: immutable,
		Size:   1000,
		Item:   func(raw []byte) error { return each(parseExisting(raw)) },
	})
	return err
}

func parseExisting(raw []byte) Existing {
	s := Summarise(raw)
	marker, cut := strings.CutPrefix(markerOf(raw), unfinished)
	return Existing{
		ID: s.ID, Folder: s.Parent, MessageID: s.InternetMessageID, Received: s.Received, ChangeKey: s.ChangeKey,
		Marker: marker, Finished: !cut,
	}
}

func markerOf(message []byte) string {
	for property := range rawjson.Elements(rawjson.Field(message, "singleValueExtendedProperties")) {
		if strings.EqualFold(rawjson.Text(rawjson.Field(property, "id")), propertyMarker) {
			return rawjson.Text(rawjson.Field(property, "value"))
		}
	}
	return ""
}

// quoted is an OData string.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
