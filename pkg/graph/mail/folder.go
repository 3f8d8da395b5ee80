package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Root is the well-known name of the folder above all folders that a person sees.
const Root m365.FolderID = "msgfolderroot"

// Folder is a mail folder.
type Folder struct {
	ID        m365.FolderID
	Parent    m365.FolderID
	Name      string
	WellKnown string // inbox, sentitems...; "" for a person's own
	Hidden    bool
	Search    bool // a saved search: it has no messages of its own
	Children  int
	Messages  int
	Raw       []byte // as served
}

// wellKnownNames are asked for in one batch, since only the beta says which folder is which:
// https://learn.microsoft.com/en-us/graph/api/resources/mailfolder
var wellKnownNames = []string{
	"inbox", "sentitems", "drafts", "deleteditems", "junkemail", "archive", "outbox", "conversationhistory",
	"clutter", "syncissues", "conflicts", "localfailures", "serverfailures", "scheduled",
}

// Folders reads the whole tree below [Root], hidden folders included, parents before children. The
// parent of the topmost is Root's own id.
func (m *Mailbox) Folders(ctx context.Context) ([]Folder, error) {
	tree, err := m.children(ctx, m.path("mailFolders"))
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(tree); i++ {
		if tree[i].Children == 0 {
			continue
		}
		below, err := m.children(ctx, m.path("mailFolders", string(tree[i].ID), "childFolders"))
		if fault.Is(err, fault.NotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		tree = append(tree, below...)
	}
	names, err := m.wellKnown(ctx)
	for i := range tree {
		tree[i].WellKnown = names[tree[i].ID]
	}
	return tree, err
}

// Folder reads one folder by its id or well-known name.
func (m *Mailbox) Folder(ctx context.Context, id m365.FolderID) (Folder, error) {
	raw, err := m.client.Bytes(ctx, m.request("get mail folder", http.MethodGet, m.path("mailFolders", string(id))))
	return parseFolder(raw), err
}

// CreateFolder makes a folder below parent (an id or a well-known name). If there is one of that
// name the error is Exists; see ChildNamed.
func (m *Mailbox) CreateFolder(ctx context.Context, parent m365.FolderID, name string, hidden bool) (Folder, error) {
	request := m.request("create mail folder", http.MethodPost, m.path("mailFolders", string(parent), "childFolders"))
	request.Body = object("displayName", name)
	if hidden {
		request.Body = object("displayName", name, "isHidden", true)
	}
	raw, err := m.client.Bytes(ctx, request)
	return parseFolder(raw), err
}

// ChildNamed finds a folder below parent by its name, which Exchange compares without case.
func (m *Mailbox) ChildNamed(ctx context.Context, parent m365.FolderID, name string) (Folder, error) {
	below, err := m.children(ctx, m.path("mailFolders", string(parent), "childFolders"))
	if err != nil {
		return Folder{}, err
	}
	for _, f := range below {
		if bytes.EqualFold([]byte(f.Name), []byte(name)) {
			return f, nil
		}
	}
	return Folder{}, fault.New(fault.NotFound, "find mail folder", "there is none of that name", fault.Reason("GRAPH_NOT_FOUND"))
}

func (m *Mailbox) children(ctx context.Context, path string) ([]Folder, error) {
	var folders []Folder
	_, err := m.client.Read(ctx, graph.Pages{
		First: graph.Request{Name: "list mail folders", Path: path,
			Query: graph.Query("includeHiddenFolders", "true", "$top", "250")},
		Prefer: immutable,
		Item: func(raw []byte) error {
			folders = append(folders, parseFolder(bytes.Clone(rawjson.Repair(raw))))
			return nil
		},
	})
	return unique(folders), err
}

// wellKnown maps ids to well-known names. A name that the mailbox does not have is left out.
func (m *Mailbox) wellKnown(ctx context.Context) (map[m365.FolderID]string, error) {
	names := map[m365.FolderID]string{}
	batch := graph.Batch{Name: "find well-known folders", Price: m.price}
	for _, name := range wellKnownNames {
		batch.Calls = append(batch.Calls, graph.BatchCall{
			Path:   m.path("mailFolders", name) + "?" + graph.Query("$select", "id"),
			Header: map[string]string{"Prefer": immutable},
		})
	}
	batch.Answer = func(i int, body []byte, err error) error {
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Resync) || fault.Is(err, fault.Invalid) {
			return nil
		}
		if id := rawjson.Text(rawjson.Field(body, "id")); id != "" {
			names[m365.FolderID(id)] = wellKnownNames[i]
		}
		return err
	}
	return names, m.client.Send(ctx, batch)
}

func parseFolder(raw []byte) Folder {
	f := Folder{Raw: raw}
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "@odata.type":
			f.Search = rawjson.Text(value) == "#microsoft.graph.mailSearchFolder"
		case "id":
			f.ID = m365.FolderID(rawjson.Text(value))
		case "parentFolderId":
			f.Parent = m365.FolderID(rawjson.Text(value))
		case "displayName":
			f.Name = rawjson.Text(value)
		case "isHidden":
			f.Hidden = rawjson.True(value)
		case "childFolderCount":
			f.Children, _ = strconv.Atoi(string(value))
		case "totalItemCount":
			f.Messages, _ = strconv.Atoi(string(value))
		}
	}
	return f
}

// unique drops repeats, which come when a page is read again, and keeps the last.
func unique(folders []Folder) []Folder {
	at := make(map[m365.FolderID]int, len(folders))
	kept := folders[:0]
	for _, f := range folders {
		if i, ok := at[f.ID]; ok {
			kept[i] = f
			continue
		}
		at[f.ID] = len(kept)
		kept = append(kept, f)
	}
	return kept
}

// object writes a small JSON object of names and values.
func object(pairs ...any) []byte {
	members := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		members[pairs[i].(string)] = pairs[i+1]
	}
	raw, _ := json.Marshal(members) // texts, numbers and booleans always marshal
	return raw
}
