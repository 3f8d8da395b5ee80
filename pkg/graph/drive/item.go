package drive

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Item is a file, a folder, or something that is neither (a notebook is a package of files).
type Item struct {
	ID       m365.ItemID
	Parent   m365.ItemID // "" for the root
	Name     string
	Folder   bool
	File     bool
	Root     bool
	Deleted  bool   // of a delta: name and parent may be missing
	Malware  bool   // Microsoft does not hand out its content
	Size     int64  // as Graph says: for some kinds (HEIC) not what is served
	Hash     string // quickXorHash in base64; may be missing, or not that of the bytes served
	CTag     string // changes with the content alone; missing in deltas of business drives
	ETag     string
	Children int
	Created  time.Time // of the file itself, as its owner's machine said
	Modified time.Time
	Address  string // where the content can be read for about an hour, by anybody: never to be kept
	Raw      []byte // as served, without that address
}

// downloadAddress lets anybody who has it read the content for an hour.
const downloadAddress = "@microsoft.graph.downloadUrl"

// ParseItem reads an item from its JSON. Raw is the JSON itself if there was no download address in it.
func ParseItem(raw []byte) Item {
	item := Item{Raw: raw}
	for name, value := range rawjson.Members(raw) {
		switch string(name) {
		case "id":
			item.ID = m365.ItemID(rawjson.Text(value))
		case "name":
			item.Name = rawjson.Text(value)
		case "size":
			item.Size, _ = strconv.ParseInt(string(value), 10, 64)
		case "eTag":
			item.ETag = rawjson.Text(value)
		case "cTag":
			item.CTag = rawjson.Text(value)
		case "parentReference":
			item.Parent = m365.ItemID(rawjson.Text(rawjson.Field(value, "id")))
		case "folder":
			item.Folder = true
			item.Children, _ = strconv.Atoi(string(rawjson.Field(value, "childCount")))
		case "file":
			item.File = true
			item.Hash = rawjson.Text(rawjson.Field(rawjson.Field(value, "hashes"), "quickXorHash"))
		case "root":
			item.Root = true
		case "deleted":
			item.Deleted = true
		case "malware":
			item.Malware = true
		case "fileSystemInfo":
			item.Created = timeOf(rawjson.Field(value, "createdDateTime"))
			item.Modified = timeOf(rawjson.Field(value, "lastModifiedDateTime"))
		case downloadAddress:
			item.Address = rawjson.Text(value)
			item.Raw = rawjson.Without(raw, downloadAddress)
		}
	}
	if item.Root {
		item.Parent, item.Folder = "", true
	}
	return item
}

// Dates are a file's own, not those of its upload. Zero ones are left to Graph.
type Dates struct{ Created, Modified time.Time }

func (d Dates) info() map[string]string {
	info := map[string]string{}
	if !d.Created.IsZero() {
		info["createdDateTime"] = d.Created.UTC().Format(time.RFC3339)
	}
	if !d.Modified.IsZero() {
		info["lastModifiedDateTime"] = d.Modified.UTC().Format(time.RFC3339)
	}
	return info
}

func timeOf(value []byte) time.Time {
	t, _ := time.Parse(time.RFC3339, rawjson.Text(value)) // none, or not one: zero
	return t
}

// object writes a small JSON object of names and values; an empty map leaves its name out.
func object(pairs ...any) []byte {
	members := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if empty, ok := pairs[i+1].(map[string]string); ok && len(empty) == 0 {
			continue
		}
		members[pairs[i].(string)] = pairs[i+1]
	}
	raw, _ := json.Marshal(members) // texts, numbers and maps of them always marshal
	return raw
}
