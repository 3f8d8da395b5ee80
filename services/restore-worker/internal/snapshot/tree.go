package snapshot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Tree is the folders of a snapshot. It never changes.
type Tree struct {
	folders  map[string]Folder
	children map[string][]Folder // by name
}

// ReadTree reads all folders. One whose parent is not in the snapshot is at the top.
func ReadTree(ctx context.Context, reader Reader) (*Tree, error) {
	t := &Tree{folders: map[string]Folder{}, children: map[string][]Folder{}}
	for folder, err := range reader.Folders(ctx) {
		if err != nil {
			return nil, fault.Wrap("read folders", err)
		}
		t.folders[folder.ID] = folder
	}
	for id, folder := range t.folders {
		if _, known := t.folders[folder.Parent]; !known || t.circular(id) {
			folder.Parent = Top
			t.folders[id] = folder
		}
		t.children[folder.Parent] = append(t.children[folder.Parent], folder)
	}
	for _, children := range t.children {
		slices.SortFunc(children, func(a, b Folder) int {
			return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
		})
	}
	return t, nil
}

// circular tells whether a folder is its own ancestor, which a folder that was moved while it was
// read can look like.
func (t *Tree) circular(id string) bool {
	seen := 0
	for at := t.folders[id].Parent; at != Top && seen <= len(t.folders); at = t.folders[at].Parent {
		if at == id {
			return true
		}
		seen++
	}
	return false
}

// Folder returns a folder by its id.
func (t *Tree) Folder(id string) (Folder, bool) {
	folder, ok := t.folders[id]
	return folder, ok
}

// Children returns the folders directly in a folder, by name.
func (t *Tree) Children(id string) []Folder { return t.children[id] }

// Names returns the names on the way from the top to a folder, itself included.
func (t *Tree) Names(id string) []string {
	var names []string
	for at := id; at != Top; {
		folder, ok := t.folders[at]
		if !ok {
			break
		}
		names = append(names, folder.Name)
		at = folder.Parent
	}
	slices.Reverse(names)
	return names
}

// Path returns the path of a folder.
func (t *Tree) Path(id string) string { return Join(t.Names(id)...) }

// Below returns the folders of a subtree, its top included, parents before children.
func (t *Tree) Below(id string) []Folder {
	var below []Folder
	if folder, ok := t.folders[id]; ok {
		below = append(below, folder)
	}
	for _, child := range t.children[id] {
		below = append(below, t.Below(child.ID)...)
	}
	return below
}

// Find returns the id of the folder at a path; Top for "".
func (t *Tree) Find(path string) (string, bool) {
	at := Top
	for _, name := range Split(path) {
		next, ok := t.child(at, name)
		if !ok {
			return "", false
		}
		at = next
	}
	return at, true
}

func (t *Tree) child(parent, name string) (string, bool) {
	found, ok := "", false
	for _, child := range t.children[parent] {
		if child.Name == name {
			return child.ID, true
		}
		if !ok && strings.EqualFold(child.Name, name) {
			found, ok = child.ID, true
		}
	}
	return found, ok
}
