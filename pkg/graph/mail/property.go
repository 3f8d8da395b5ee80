package mail

import (
	"context"
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Extended properties that keep what the API itself does not take when a message is created: MAPI
// tags in Graph's notation. https://learn.microsoft.com/en-us/graph/api/resources/singlevaluelegacyextendedproperty
const (
	propertyFlags     = "Integer 0x0E07"    // PidTagMessageFlags: without the unsent bit (8) it is no draft
	propertySent      = "SystemTime 0x0039" // PidTagClientSubmitTime
	propertyDelivered = "SystemTime 0x0E06" // PidTagMessageDeliveryTime
	propertyMarker    = "String {8b1e5a3c-52f4-4f0e-9f53-3d6f0f6d2c11} Name TenantkeepItem"
	flagsSubmitted    = "4" // what Exchange itself sets when a message was sent
)

// unfinished stands before the marker of a message whose attachments are still being uploaded, so
// that a restore that was cut off does not take it for whole.
const unfinished = "unfinished:"

// Marked is a message that a restore of ours made.
type Marked struct {
	ID       m365.ItemID
	Marker   string // what Draft was given
	Finished bool   // all attachments are there
}

// Marked calls each for every message in the folder that carries our marker.
func (m *Mailbox) Marked(ctx context.Context, folder m365.FolderID, each func(Marked) error) error {
	_, err := m.client.Read(ctx, graph.Pages{
		First: graph.Request{
			Name:  "list restored messages",
			Path:  m.path("mailFolders", string(folder), "messages"),
			Query: graph.Query("$select", "id", "$expand", "singleValueExtendedProperties($filter=id eq '"+propertyMarker+"')"),
		},
		Prefer: immutable,
		Size:   1000,
		Item: func(raw []byte) error {
			marker := markerOf(raw)
			if marker == "" {
				return nil
			}
			whole, cut := strings.CutPrefix(marker, unfinished)
			return each(Marked{ID: m365.ItemID(rawjson.Text(rawjson.Field(raw, "id"))), Marker: whole, Finished: !cut})
		},
	})
	return err
}

// WithMarker finds the messages in the whole mailbox that carry this marker, finished or not.
func (m *Mailbox) WithMarker(ctx context.Context, marker string) ([]Marked, error) {
	var found []Marked
	for _, value := range []string{marker, unfinished + marker} {
		filter := "singleValueExtendedProperties/any(ep: ep/id eq '" + propertyMarker + "' and ep/value eq " + quoted(value) + ")"
		ids, err := m.search(ctx, "find restored message", m.path("messages"), filter)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			found = append(found, Marked{ID: id, Marker: marker, Finished: value == marker})
		}
	}
	return found, nil
}

// Find returns the messages of a folder that have this Message-ID. Copies share one.
func (m *Mailbox) Find(ctx context.Context, folder m365.FolderID, internetMessageID string) ([]m365.ItemID, error) {
	return m.search(ctx, "find message", m.path("mailFolders", string(folder), "messages"), "internetMessageId eq "+quoted(internetMessageID))
}

func (m *Mailbox) search(ctx context.Context, name, path, filter string) (ids []m365.ItemID, err error) {
	_, err = m.client.Read(ctx, graph.Pages{
		First:  graph.Request{Name: name, Method: http.MethodGet, Path: path, Query: graph.Query("$select", "id", "$filter", filter)},
		Prefer: immutable,
		Item: func(raw []byte) error {
			ids = append(ids, m365.ItemID(rawjson.Text(rawjson.Field(raw, "id"))))
			return nil
		},
	})
	return ids, err
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
