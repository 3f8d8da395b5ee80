package snapshot

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Listing is one page of a folder.
type Listing struct {
	Folders []Folder
	Items   []Item
	Path    string // of the folder
	Next    string // token of the next page; empty on the last
}

// position is where a page ends: after a folder, or after an item.
type position struct {
	Folder string `json:"f,omitempty"` // id of the last folder that was listed
	Key    string `json:"k,omitempty"` // order and id of the last item
	ID     string `json:"i,omitempty"`
}

// Page lists the folder at a path: its folders by name, then messages newest first, or files by
// name. It keeps as many items as the page has, whatever the folder holds; every page reads the
// folder's catalog once.
func Page(ctx context.Context, reader Reader, tree *Tree, path, token string, limit int) (Listing, error) {
	folder, ok := tree.Find(path)
	if !ok {
		return Listing{}, noPath(path)
	}
	from, err := parsePosition(token)
	if err != nil {
		return Listing{}, err
	}
	listing := Listing{Path: tree.Path(folder)}
	if from.ID == "" {
		folders := after(tree.Children(folder), from.Folder)
		if len(folders) > limit {
			listing.Folders = folders[:limit]
			listing.Next = position{Folder: folders[limit-1].ID}.token()
			return listing, nil
		}
		listing.Folders = folders
	}
	room := limit - len(listing.Folders)
	items, err := smallest(ctx, reader, folder, from, room+1)
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

// end is the position after what a page holds. A page without room for items ends with a folder.
func end(folders []Folder, items []Item, from position) string {
	switch {
	case len(items) > 0:
		last := items[len(items)-1]
		return position{Key: order(last), ID: last.ID}.token()
	case len(folders) > 0:
		return position{Folder: folders[len(folders)-1].ID}.token()
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

// order is the text that items of a folder are sorted by.
func order(item Item) string {
	if item.Kind == Message { // newest first: later times sort lower
		return fmt.Sprintf("%016x", uint64(1<<62-item.Time.UnixMilli()))
	}
	return strings.ToLower(item.Title)
}

func compare(a, b position) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.ID, b.ID))
}

// smallest returns the n first items after a position, in order.
func smallest(ctx context.Context, reader Reader, folder string, from position, n int) ([]Item, error) {
	keep := &largestFirst{}
	for item, err := range reader.Items(ctx, map[string]bool{folder: true}) {
		if err != nil {
			return nil, fault.Wrap("list folder", err)
		}
		at := position{Key: order(item), ID: item.ID}
		if from.ID != "" && compare(at, from) <= 0 {
			continue
		}
		if keep.Len() < n {
			heap.Push(keep, placed{at, item})
		} else if compare(at, keep.items[0].at) < 0 {
			keep.items[0] = placed{at, item}
			heap.Fix(keep, 0)
		}
	}
	items := make([]Item, keep.Len())
	for i := len(items) - 1; i >= 0; i-- {
		items[i] = heap.Pop(keep).(placed).item
	}
	return items, nil
}

type placed struct {
	at   position
	item Item
}

// largestFirst is the heap that drops the largest of too many.
type largestFirst struct{ items []placed }

func (h *largestFirst) Len() int           { return len(h.items) }
func (h *largestFirst) Less(i, j int) bool { return compare(h.items[i].at, h.items[j].at) > 0 }
func (h *largestFirst) Swap(i, j int)      { h.items[i], h.items[j] = h.items[j], h.items[i] }
func (h *largestFirst) Push(x any)         { h.items = append(h.items, x.(placed)) }
func (h *largestFirst) Pop() any {
	last := h.items[len(h.items)-1]
	h.items = h.items[:len(h.items)-1]
	return last
}

func (p position) token() string {
	text, _ := json.Marshal(p) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePosition(token string) (position, error) {
	var p position
	if token == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fault.New(fault.Invalid, "list folder", "the page token is not one that this service gave", fault.Next("begin again without a page token"))
	}
	return p, nil
}

func noPath(path string) error {
	return fault.New(fault.NotFound, "find path", "the snapshot has no folder or item "+path,
		fault.Reason("PATH_NOT_FOUND"), fault.Next("list the folder above it to see what is there; a slash within a name is written %2F"))
}
