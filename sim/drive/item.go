package drive

import (
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/blob"
)

// item is a file or a folder.
type item struct {
	number   uint64 // never given again
	parent   *item  // nil: the root
	name     string
	children map[string]*item // of a folder, by folded name
	sorted   []*item          // children by name, until they change
	created  time.Time
	modified time.Time
	content  *blob.Content // nil: a folder
	size     int64         // of a folder: all files below
	edits    int           // of anything: eTag
	writes   int           // of the content: cTag
	versions []version     // earlier contents, newest first
	sequence uint64        // of the last change, but of sharing
	sharedAt uint64        // of the last change of sharing
	rights   []*right      // that it does not inherit
	gone     bool
}

// version is an earlier content.
type version struct {
	number   int
	content  *blob.Content
	modified time.Time
}

func (i *item) folder() bool { return i.content == nil }

// fold brings names that SharePoint takes for the same into one form.
func fold(name string) string { return strings.ToLower(name) }

// child finds what has a name in a folder.
func (i *item) child(name string) *item { return i.children[fold(name)] }

// list is the children by name. It sorts under the drive's write lock only: see drive.order.
func (i *item) list() []*item {
	if i.sorted != nil || len(i.children) == 0 {
		return i.sorted
	}
	sorted := make([]*item, 0, len(i.children))
	for _, child := range i.children {
		sorted = append(sorted, child)
	}
	slices.SortFunc(sorted, func(a, b *item) int { return strings.Compare(fold(a.name), fold(b.name)) })
	return sorted
}

// there tells whether neither the item nor a folder above it is deleted.
func (i *item) there() bool {
	for at := i; at != nil; at = at.parent {
		if at.gone {
			return false
		}
	}
	return true
}

// below tells whether the item is a folder or in it.
func (i *item) below(folder *item) bool {
	for at := i; at != nil; at = at.parent {
		if at == folder {
			return true
		}
	}
	return false
}

// path leads from the root to the item: "/a/b"; the root's is empty.
func (i *item) path() string {
	if i.parent == nil {
		return ""
	}
	return i.parent.path() + "/" + i.name
}

// hang puts the item into a folder.
func (i *item) hang(folder *item) {
	i.parent = folder
	if folder.children == nil {
		folder.children = map[string]*item{}
	}
	folder.children[fold(i.name)] = i
	folder.sorted = nil
	folder.grow(i.size)
}

// unhang takes the item out of its folder, which it still names as its parent.
func (i *item) unhang() {
	delete(i.parent.children, fold(i.name))
	i.parent.sorted = nil
	i.parent.grow(-i.size)
}

// grow adds to the size of the item and of all folders above.
func (i *item) grow(bytes int64) {
	for at := i; at != nil; at = at.parent {
		at.size += bytes
	}
}

// walk visits all that is below a folder, folders before what is in them, by name.
func (i *item) walk(visit func(*item)) {
	for _, child := range i.list() {
		visit(child)
		child.walk(visit)
	}
}
