package snapshot

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Selector names one thing to select: a path, or the id of an item or folder.
type Selector struct {
	Path string
	ID   string
}

// Choice is what was selected. Make it with [Choose].
type Choice struct {
	Roots   []string // the selected folders that are in no other selected folder; Top for everything
	Folders []Folder // they and all below them, parents before children
	Items   []Item   // single items that are in none of the folders

	contents map[string]bool // ids of Folders, and Top if everything was selected
}

// Choose resolves selectors; none at all selects everything. What is selected twice is taken once.
func Choose(ctx context.Context, reader Reader, tree *Tree, selectors []Selector) (*Choice, error) {
	roots, items := map[string]bool{}, map[string]Item{}
	if len(selectors) == 0 {
		roots[Top] = true
	}
	for _, selector := range selectors {
		folder, item, err := resolve(ctx, reader, tree, selector)
		if err != nil {
			return nil, err
		}
		if item != nil {
			items[item.ID] = *item
		} else {
			roots[folder] = true
		}
	}
	c := &Choice{contents: map[string]bool{}}
	c.addFolders(tree, roots)
	for _, item := range items {
		if !c.contents[item.Folder] {
			c.Items = append(c.Items, item)
		}
	}
	slices.SortFunc(c.Items, func(a, b Item) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

func (c *Choice) addFolders(tree *Tree, roots map[string]bool) {
	if roots[Top] {
		c.Roots, c.contents[Top] = []string{Top}, true
		c.add(tree.Below(Top))
		return
	}
	for _, folder := range tree.Below(Top) { // parents come first
		if roots[folder.ID] && !c.contents[folder.ID] {
			c.Roots = append(c.Roots, folder.ID)
			c.add(tree.Below(folder.ID))
		}
	}
}

func (c *Choice) add(folders []Folder) {
	for _, folder := range folders {
		c.Folders = append(c.Folders, folder)
		c.contents[folder.ID] = true
	}
}

// All yields every selected item.
func (c *Choice) All(ctx context.Context, reader Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if len(c.contents) > 0 {
			for item, err := range reader.Items(ctx, c.contents) {
				if !yield(item, err) {
					return
				}
			}
		}
		for _, item := range c.Items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

// resolve returns a folder's id, or an item.
func resolve(ctx context.Context, reader Reader, tree *Tree, selector Selector) (string, *Item, error) {
	if selector.ID != "" {
		if _, ok := tree.Folder(selector.ID); ok {
			return selector.ID, nil, nil
		}
		item, err := reader.Item(ctx, selector.ID)
		if fault.Is(err, fault.NotFound) {
			return "", nil, fault.New(fault.NotFound, "find item", "the snapshot has no item with that id",
				fault.Reason("ITEM_NOT_FOUND"), fault.Next("search for it, or list the folder, and use the id shown there"))
		}
		return "", &item, err
	}
	if folder, ok := tree.Find(selector.Path); ok {
		return folder, nil, nil
	}
	item, err := itemAt(ctx, reader, tree, selector.Path)
	return "", item, err
}

// itemAt finds the one item that a path names.
func itemAt(ctx context.Context, reader Reader, tree *Tree, path string) (*Item, error) {
	names := Split(path)
	last := len(names) - 1
	folder, ok := tree.Find(Join(names[:last]...))
	if !ok {
		return nil, noPath(path)
	}
	var exact, folded []Item
	for item, err := range reader.Items(ctx, map[string]bool{folder: true}) {
		switch {
		case err != nil:
			return nil, fault.Wrap("find path", err)
		case item.Title == names[last]:
			exact = append(exact, item)
		case strings.EqualFold(item.Title, names[last]):
			folded = append(folded, item)
		}
	}
	found := exact
	if len(found) == 0 {
		found = folded
	}
	switch len(found) {
	case 0:
		return nil, noPath(path)
	case 1:
		return &found[0], nil
	default:
		return nil, fault.New(fault.Invalid, "find path", fmt.Sprintf("%d items of the snapshot are called %s", len(found), path),
			fault.Reason("PATH_AMBIGUOUS"), fault.Next("select the one you mean by its id"))
	}
}
