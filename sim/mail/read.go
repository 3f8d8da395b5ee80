package mail

import (
	"net/http"
	"strconv"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Page sizes of messages and folders: https://learn.microsoft.com/graph/paging, and up to 1000.
const (
	defaultPage = 10
	largestPage = 1000
	quirkyPage  = 50 // from here on pages are too large, with the quirk
)

// read finds the message that a call names and holds the mailbox still for reading.
func (s *Store) read(c *wire.Call, found func(*box, key, *letter.Letter) error) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	k, m, err := b.named(c)
	if err != nil {
		return err
	}
	return found(b, k, b.content(k, m))
}

// named is the message in the path, which has to be in the folder that the path names, if any.
func (b *box) named(c *wire.Call) (key, *message, error) {
	k, ok := b.messageOf(c.Param("message"))
	if !ok {
		return 0, nil, itemNotFound()
	}
	folder, _, m, _ := b.lookup(k)
	if within := c.Param("folder"); within != "" {
		if f := b.folderOf(within); f == nil || f.number != folder {
			return 0, nil, itemNotFound()
		}
	}
	return k, m, nil
}

// readMessage answers GET .../messages/{message}.
func (s *Store) readMessage(c *wire.Call) error {
	return s.read(c, func(b *box, k key, l *letter.Letter) error {
		v, err := newView(c, b, c.Query.Select, c.Query.Expand)
		if err != nil {
			return err
		}
		if err := tooMany(c, v, l); err != nil {
			return err
		}
		return c.JSON(http.StatusOK, v.message(nil, k, c.Context("users('"+b.owner.ID+"')/messages/$entity")))
	})
}

// manyAttachments is from where on the quirk refuses to expand them.
const manyAttachments = 5

func tooMany(c *wire.Call, v *view, l *letter.Letter) error {
	if v.attachments != nil && c.Quirk("many-attachments") && len(l.Attachments) > manyAttachments {
		return &wire.Error{Status: http.StatusInternalServerError, Code: "ErrorTooManyObjectsOpened", Message: "Too many objects opened."}
	}
	return nil
}

// mimeOf answers GET .../messages/{message}/$value.
func (s *Store) mimeOf(c *wire.Call) error {
	return s.read(c, func(_ *box, _ key, l *letter.Letter) error { return c.Bytes("text/plain", l.Build()) })
}

// list answers GET .../mailFolders/{folder}/messages and /users/{user}/messages.
func (s *Store) list(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	filter, err := wire.ParseFilter(c.Query.Filter)
	if err != nil {
		return err
	}
	v, err := newView(c, b, c.Query.Select, c.Query.Expand)
	if err != nil {
		return err
	}
	keys, err := b.scope(c, filter)
	if err != nil {
		return err
	}
	return b.sendList(c, v, keys)
}

// scope are the messages that a list is about, filtered.
func (b *box) scope(c *wire.Call, filter *wire.Filter) ([]key, error) {
	var folders []*folder
	if id := c.Param("folder"); id != "" {
		f := b.folderOf(id)
		if f == nil {
			return nil, itemNotFound()
		}
		folders = []*folder{f}
	} else {
		folders = b.visible(top)
	}
	if filter != nil {
		return b.filtered(folders, filter), nil
	}
	if len(folders) == 1 {
		return b.keys(folders[0]), nil
	}
	var all []key
	for _, f := range folders {
		all = append(all, b.keys(f)...)
	}
	return all, nil
}

func (b *box) sendList(c *wire.Call, v *view, keys []key) error {
	size := pageSize(c, defaultPage)
	if c.Quirk("large-page") && size > quirkyPage {
		return &wire.Error{Status: http.StatusServiceUnavailable, Empty: true}
	}
	count := -1
	if c.Query.Count {
		count = len(keys)
	}
	page := c.NewPage("users('"+b.owner.ID+"')/messages", count)
	from := min(c.Query.Skip, len(keys))
	to := min(from+size, len(keys))
	for _, k := range keys[from:to] {
		page.Item()
		page.Bytes = v.message(page.Bytes, k, "")
	}
	if to < len(keys) {
		page.Next = c.Link(map[string]string{"$skip": strconv.Itoa(to), "skip": ""})
	}
	return page.Send()
}

func pageSize(c *wire.Call, size int) int {
	if c.Prefer.MaxPageSize > 0 {
		size = c.Prefer.MaxPageSize
	}
	if c.Query.Top > 0 {
		size = c.Query.Top
	}
	return min(size, largestPage)
}
