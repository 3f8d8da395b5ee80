package snapshot

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Listing is one page of a folder.
type Listing struct {
	Folders []Folder
	Items   []Item
	Path    string // of the folder
	Next    string // token of the next page; empty on the last
}

// Wanted is the page that is asked for.
type Wanted struct {
	Path  string
	Order Order
	Token string // Listing.Next of the page before; empty for the first
	Limit int
}

// position is where a page ends: after a folder, or after an item.
type position struct {
	Order  Order  `json:"o,omitempty"`
	Folder string `json:"f,omitempty"` // id of the last folder that was listed
	Key    string `json:"k,omitempty"` // sort key of the last item, unless it is the id
	ID     string `json:"i,omitempty"` // of the last item
}

// Page lists a folder: its folders by name, then its items. By id a page reads what it shows and one
// item more, whatever the folder holds. Another order reads all of the folder for every page, and
// keeps as many items as the page has.
func Page(ctx context.Context, reader Reader, tree *Tree, wanted Wanted) (Listing, error) {
	folder, ok := tree.Find(wanted.Path)
	if !ok {
		return Listing{}, noPath(wanted.Path)
	}
	from, err := parsePosition(wanted.Token, wanted.Order)
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Path: tree.Path(folder)}
	if from.ID == "" {
		folders := after(tree.Children(folder), from.Folder)
		if len(folders) > wanted.Limit {
			listing.Folders = folders[:wanted.Limit]
			listing.Next = position{Order: wanted.Order, Folder: folders[wanted.Limit-1].ID}.token()
			return listing, nil
		}
		listing.Folders = folders
	}
	room := wanted.Limit - len(listing.Folders)
	items, err := first(ctx, reader, folder, from, room+1)
	if err != nil {
		return Listing{}, err
	}
	if len(items) > room {
		items = items[:room]
		listing.Next = end(listing.Folders, items, from)
	}
	listing.Items = items
	return listing, nil
}

// first returns the n first items after a position.
func first(ctx context.Context, reader Reader, folder string, from position, n int) ([]Item, error) {
	if from.Order != ByID {
		return smallest(ctx, reader, folder, from, n)
	}
	var items []Item
	for item, err := range reader.In(ctx, folder, from.ID) {
		if err != nil {
			return nil, fault.Wrap("list folder", err)
		}
		if items = append(items, item); len(items) == n {
			break
		}
	}
	return items, nil
}

// end is the position after what a page holds. A page without room for items ends with a folder.
func end(folders []Folder, items []Item, from position) string {
	switch {
	case len(items) > 0:
		return from.Order.at(items[len(items)-1]).token()
	case len(folders) > 0:
		return position{Order: from.Order, Folder: folders[len(folders)-1].ID}.token()
	default:
		return from.token()
	}
}

func after(folders []Folder, id string) []Folder {
	if i := slices.IndexFunc(folders, func(f Folder) bool { return f.ID == id }); i >= 0 {
		return folders[i+1:]
	}
	return folders
}

func (p position) token() string {
	text, _ := json.Marshal(p) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePosition(token string, order Order) (position, error) {
	p := position{Order: order}
	if token == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		p = position{}
		err = json.Unmarshal(text, &p)
	}
	if err != nil || p.Order != order {
		return p, fault.New(fault.Invalid, "list folder", "the page token is not one that this service gave for this order", fault.Next("begin again without a page token"))
	}
	return p, nil
}

func noPath(path string) error {
	return fault.New(fault.NotFound, "find path", "the snapshot has no folder or item "+path,
		fault.Reason("PATH_NOT_FOUND"), fault.Next("list the folder above it to see what is there; a slash within a name is written %2F"))
}
