package drive_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup/drive"
)

// fake is a drive with a history, so that it can say what changed since a link.
type fake struct {
	mu      sync.Mutex
	id      string
	items   map[m365.ItemID]node
	history []m365.ItemID
	expired int

	calls, downloads int
	fail             func(call int, what string) error // nil: nothing fails
	unreadable       map[m365.ItemID]error
	silent           map[m365.ItemID]bool // not reported: deleted with the folder above
	noHash           bool
}

type node struct {
	name, parent, content string // no content: a folder
	deleted               bool
}

const pageSize = 3

func newFake() *fake {
	return &fake{id: "d1", items: map[m365.ItemID]node{}, unreadable: map[m365.ItemID]error{}, silent: map[m365.ItemID]bool{}}
}

func (f *fake) folder(id, name, parent string) { f.set(id, node{name: name, parent: parent}) }
func (f *fake) file(id, name, parent, content string) {
	f.set(id, node{name: name, parent: parent, content: content})
}

func (f *fake) set(id string, n node) {
	f.items[m365.ItemID(id)] = n
	f.history = append(f.history, m365.ItemID(id))
}

func (f *fake) delete(id string) {
	n := f.items[m365.ItemID(id)]
	n.deleted = true
	f.set(id, n)
}

// deleteTree deletes a folder as Graph reports it: the items in it are not mentioned.
func (f *fake) deleteTree(id string) {
	f.delete(id)
	for child, n := range f.items {
		if n.parent == id && !n.deleted {
			n.deleted = true
			f.items[child], f.silent[child] = n, true
		}
	}
}

// expected is what a vault has to hold.
func (f *fake) expected() map[string]string {
	all := map[string]string{"/drive": "root<> item={root}"}
	for id, n := range f.items {
		if n.deleted {
			continue
		}
		parent := n.parent
		if parent == "root" {
			parent = ""
		}
		text := fmt.Sprintf("%s<%s> item={%s}", n.name, parent, n.name)
		if n.content != "" {
			text += " content=" + n.content
		}
		all["drive/"+string(id)] = text
	}
	return all
}

func (f *fake) change(id m365.ItemID) drive.Change {
	n := f.items[id]
	c := drive.Change{
		ID: id, Parent: m365.ItemID(n.parent), Name: n.name, Deleted: n.deleted, File: n.content != "", Folder: n.content == "",
		Size: int64(len(n.content)), Hash: "hash of " + n.content, JSON: []byte("{" + n.name + "}"),
	}
	if n.deleted {
		c.Name, c.Parent, c.File, c.Folder = "", "", false, false
	}
	if f.noHash {
		c.Hash, c.CTag = "", "tag of "+n.content
	}
	return c
}

// called counts a call and lets it fail.
func (f *fake) called(what string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.fail == nil {
		return nil
	}
	return f.fail(f.calls, what)
}

func (f *fake) Find(context.Context) (m365.DriveID, m365.ItemID, error) {
	return m365.DriveID(f.id), "root", f.called("find")
}

func (f *fake) Use(m365.DriveID) {}

// Changes reports page by page. A link is "<drive> at <moment>", or "<drive> in <first> <since> <moment>".
func (f *fake) Changes(_ context.Context, link string, each func(drive.Change) error, page func(string) error) (string, error) {
	since, first, moment := -1, 0, len(f.history)
	if link != "" {
		own, rest, _ := strings.Cut(link, " ")
		if own != f.id {
			return "", fault.New(fault.NotFound, "read changes", "no such drive")
		}
		if n, _ := fmt.Sscanf(rest, "at %d", &since); n != 1 {
			if _, err := fmt.Sscanf(rest, "in %d %d %d", &first, &since, &moment); err != nil {
				return "", err
			}
		}
		if since < f.expired {
			return "", fault.New(fault.Resync, "read changes", "the link is forgotten")
		}
	}
	changed := []m365.ItemID{""} // the root
	for _, id := range f.history[max(since, 0):] {
		if !f.silent[id] && (since >= 0 || !f.items[id].deleted) {
			changed = append(changed, id)
		}
	}
	for at := first; ; at += pageSize {
		if err := f.called("page"); err != nil {
			return "", err
		}
		for _, id := range changed[min(at, len(changed)):min(at+pageSize, len(changed))] {
			c := f.change(id)
			if id == "" {
				c = drive.Change{ID: "root", Name: "root", Root: true, Folder: true, JSON: []byte("{root}")}
			}
			if err := each(c); err != nil {
				return "", err
			}
		}
		if at+pageSize >= len(changed) {
			return fmt.Sprintf("%s at %d", f.id, moment), nil
		}
		if err := page(fmt.Sprintf("%s in %d %d %d", f.id, at+pageSize, since, moment)); err != nil {
			return "", err
		}
	}
}

func (f *fake) Item(_ context.Context, id m365.ItemID) (drive.Change, error) {
	if n, there := f.items[id]; !there || n.deleted {
		return drive.Change{ID: id}, fault.New(fault.NotFound, "get item", "gone")
	}
	return f.change(id), f.called("item")
}

func (f *fake) Content(_ context.Context, c drive.Change) (io.ReadCloser, error) {
	if err := f.called("content"); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.unreadable[c.ID]; err != nil {
		return nil, err
	}
	f.downloads++
	return io.NopCloser(strings.NewReader(f.items[c.ID].content)), nil
}

var errCrash = errors.New("crash")
