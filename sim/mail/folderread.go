package mail

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var folderProperties = []string{"displayName", "parentFolderId", "childFolderCount", "unreadItemCount", "totalItemCount", "sizeInBytes", "isHidden"}

// appendFolder writes a folder.
func (b *box) appendFolder(to []byte, f *folder, names []string, context string) []byte {
	to = append(to, '{')
	if context != "" {
		to = append(wire.AppendString(append(to, `"@odata.context":`...), context), ',')
	}
	to = wire.AppendString(append(to, `"id":`...), b.folderID(f.number))
	for _, name := range folderProperties {
		if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		to = append(append(append(to, ',', '"'), name...), '"', ':')
		to = wire.AppendValue(to, b.folderValue(f, name))
	}
	return append(to, '}')
}

func (b *box) folderValue(f *folder, name string) any {
	switch name {
	case "displayName":
		return f.name
	case "parentFolderId":
		if f.parent == 0 {
			return string(appendID(nil, folderStart, b.hash, 0))
		}
		return b.folderID(f.parent)
	case "childFolderCount":
		return len(b.children(f.number, false))
	case "unreadItemCount":
		return f.unread
	case "totalItemCount":
		return f.count()
	case "sizeInBytes":
		return f.count() * averageSize
	}
	return f.hidden
}

// averageSize of a message, from which a folder's size is told without reading it.
const averageSize = 24_000

// listFolders answers GET /users/{user}/mailFolders and .../childFolders.
func (s *Store) listFolders(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	parent := b.folders[top]
	if id := c.Param("folder"); id != "" {
		if parent = b.folderOf(id); parent == nil {
			return itemNotFound()
		}
	}
	list := b.children(parent.number, strings.EqualFold(c.Query.Raw.Get("includeHiddenFolders"), "true"))
	if c.Version() == "beta" && c.Param("folder") == "" {
		list = b.visible(top) // beta lists nested folders flat
	}
	filter, err := wire.ParseFilter(c.Query.Filter)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(f *folder) bool {
		return !filter.Match(func(name string) any { return b.folderValue(f, name) })
	})
	return b.sendFolders(c, list)
}

func (b *box) sendFolders(c *wire.Call, list []*folder) error {
	count := -1
	if c.Query.Count {
		count = len(list)
	}
	page := c.NewPage("users('"+b.owner.ID+"')/mailFolders", count)
	from := min(c.Query.Skip, len(list))
	to := min(from+pageSize(c, defaultPage), len(list))
	for _, f := range list[from:to] {
		page.Item()
		page.Bytes = b.appendFolder(page.Bytes, f, c.Query.Select, "")
	}
	if to < len(list) {
		page.Next = c.Link(map[string]string{"$skip": strconv.Itoa(to), "skip": ""})
	}
	return page.Send()
}

// readFolder answers GET .../mailFolders/{folder}.
func (s *Store) readFolder(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	f := b.folderOf(c.Param("folder"))
	if f == nil {
		return itemNotFound()
	}
	return c.JSON(http.StatusOK, b.appendFolder(nil, f, c.Query.Select, c.Context("users('"+b.owner.ID+"')/mailFolders/$entity")))
}

// folderDelta answers GET /users/{user}/mailFolders/delta: all folders below the root, nested ones
// too, and afterwards those that were made, renamed, moved or removed. A change of counts is no
// change.
func (s *Store) folderDelta(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	t, err := b.begin(c, 0)
	if err != nil {
		return err
	}
	list := b.changedFolders(t)
	page := c.NewPage("Collection(mailFolder)", -1)
	size := pageSize(c, defaultPage)
	for i, f := range list {
		if i == size {
			page.Next = c.Self() + "?$skiptoken=" + t.String()
			return page.Send()
		}
		page.Item()
		if f.gone {
			page.Bytes = wire.AppendString(append(page.Bytes, `{"@removed":{"reason":"deleted"},"id":`...), b.folderID(f.number))
			page.Bytes = append(page.Bytes, '}')
		} else {
			page.Bytes = append(page.Bytes, `{"@odata.type":"#microsoft.graph.mailFolder",`...)
			page.Bytes = append(page.Bytes, b.appendFolder(nil, f, t.Select, "")[1:]...)
		}
		t.Position = f.changed
	}
	page.Delta = c.Self() + "?$deltatoken=" + t.done().String()
	return page.Send()
}

func (b *box) changedFolders(t token) []*folder {
	var list []*folder
	for _, number := range b.order {
		f := b.folders[number]
		ours := f.number != top && f.parent != 0 && !f.hidden && (!f.gone || t.Since > 0)
		if ours && f.changed > t.Position && f.changed <= t.Until {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(x, y *folder) int { return int(x.changed) - int(y.changed) })
	return list
}
