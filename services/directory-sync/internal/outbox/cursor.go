package outbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/bits"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// How many ids make a part. A thousand are about 60 KB compressed; a part that has grown to the
// largest number is still below what one message holds.
const (
	idsPerPart = 1000
	largest    = 4000
)

// savedCursor is the JSON of a cursor.
type savedCursor struct {
	People  string      `json:"people"`
	Members []savedLink `json:"members,omitempty"`
	Rules   string      `json:"rules"`
	Settled bool        `json:"settled"`
	Parts   int         `json:"parts"`
	Saved   time.Time   `json:"saved"`
	Whole   time.Time   `json:"whole"`
}

type savedLink struct {
	Groups []m365.GroupID `json:"groups"`
	Link   string         `json:"link"`
}

// savedEntry is the JSON of one id of the mirror.
type savedEntry struct {
	ID            m365.UserID                    `json:"id"`
	Known         bool                           `json:"known,omitempty"` // there is a person
	PrincipalName string                         `json:"name,omitempty"`
	DisplayName   string                         `json:"display,omitempty"`
	Mail          string                         `json:"mail,omitempty"`
	Enabled       bool                           `json:"enabled,omitempty"`
	Attributes    map[directory.Attribute]string `json:"attributes,omitempty"`
	Groups        []m365.GroupID                 `json:"groups,omitempty"`
}

func internal(connection m365.ConnectionID, id string) state.Key {
	return state.Key{Kind: state.KindCursor, Connection: connection, ID: id}
}

func cursorKey(connection m365.ConnectionID) state.Key { return internal(connection, "directory") }

func partKey(connection m365.ConnectionID, parts, part int) state.Key {
	return internal(connection, fmt.Sprintf("mirror-%d-%d", parts, part))
}

// Cursor implements run.Directory.
func (o Ours) Cursor(ctx context.Context, connection m365.ConnectionID) (run.Cursor, error) {
	record, err := o.config.State.Get(ctx, cursorKey(connection))
	if fault.Is(err, fault.NotFound) {
		return run.Cursor{Sequence: record.Sequence}, nil
	}
	if err != nil {
		return run.Cursor{}, err
	}
	var saved savedCursor
	if err := json.Unmarshal(record.Data, &saved); err != nil {
		return run.Cursor{Sequence: record.Sequence}, nil // unreadable is as good as none: all is read again
	}
	cursor := run.Cursor{
		People: saved.People, Rules: saved.Rules, Settled: saved.Settled, Parts: saved.Parts, Saved: saved.Saved, Whole: saved.Whole,
		Sequence: record.Sequence,
	}
	for _, link := range saved.Members {
		cursor.Members = append(cursor.Members, run.GroupLink(link))
	}
	return cursor, nil
}

func encodeCursor(cursor run.Cursor) ([]byte, error) {
	saved := savedCursor{
		People: cursor.People, Rules: cursor.Rules, Settled: cursor.Settled, Parts: cursor.Parts, Saved: cursor.Saved, Whole: cursor.Whole,
	}
	for _, link := range cursor.Members {
		saved.Members = append(saved.Members, savedLink(link))
	}
	return json.Marshal(saved)
}

// Mirror implements run.Directory.
func (o Ours) Mirror(ctx context.Context, connection m365.ConnectionID, cursor run.Cursor, ids ...m365.UserID) (*directory.Mirror, error) {
	entries := map[m365.UserID]directory.Entry{}
	if cursor.Parts == 0 {
		return directory.NewMirror(entries), nil
	}
	for part, wanted := range dirty(ids, cursor.Parts, len(ids) == 0) {
		if !wanted {
			continue
		}
		record, err := o.config.State.Get(ctx, partKey(connection, cursor.Parts, part))
		if err == nil {
			err = decodePart(record.Data, entries)
		}
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Internal) {
			return nil, fault.As(fault.Resync, "read mirror", err)
		}
		if err != nil {
			return nil, err
		}
	}
	return directory.NewMirror(entries), nil
}

// layout is how many parts so many ids go into, given how many they are in now (0: none yet).
func layout(parts, ids int) int {
	if parts > 0 && ids <= parts*largest {
		return parts
	}
	return 1 << bits.Len(uint(ids/idsPerPart))
}

func partOf(id m365.UserID, parts int) int {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // never fails
	return int(hash.Sum32() % uint32(parts))
}

func encodePart(mirror *directory.Mirror, ids []m365.UserID) ([]byte, error) {
	entries := make([]savedEntry, 0, len(ids))
	for _, id := range ids {
		entry := mirror.Entry(id)
		saved := savedEntry{ID: id, Groups: entry.Groups}
		if p := entry.Person; p != nil {
			saved.Known, saved.PrincipalName, saved.DisplayName = true, p.PrincipalName, p.DisplayName
			saved.Mail, saved.Enabled, saved.Attributes = p.Mail, p.Enabled, p.Attributes
		}
		entries = append(entries, saved)
	}
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(writer).Encode(entries); err != nil {
		return nil, err
	}
	err = writer.Close()
	return packed.Bytes(), err
}

func decodePart(data []byte, into map[m365.UserID]directory.Entry) error {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	var entries []savedEntry
	if err := json.NewDecoder(reader).Decode(&entries); err != nil {
		return err
	}
	for _, saved := range entries {
		entry := directory.Entry{Groups: saved.Groups}
		if saved.Known {
			entry.Person = &directory.Person{
				ID: saved.ID, PrincipalName: saved.PrincipalName, DisplayName: saved.DisplayName, Mail: saved.Mail,
				Enabled: saved.Enabled, Attributes: saved.Attributes,
			}
		}
		into[saved.ID] = entry
	}
	return nil
}
