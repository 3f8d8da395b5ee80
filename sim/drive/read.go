package drive

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

const (
	defaultPage = 200
	largestPage = 1000

	manyChildren = 50 // from where on the quirk refuses to list them
)

// readDrive answers GET /users/{user}/drive and /drives/{drive}.
func (s *Store) readDrive(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	v := newView(c, d, c.Query.Select, false)
	w := &writer{[]byte{'{'}, true}
	w.text("@odata.context", c.Context("drives/$entity"))
	for _, member := range []struct{ name, value string }{
		{"id", d.id}, {"driveType", "business"}, {"name", "OneDrive"}, {"description", ""}, {"webUrl", v.site + "/Documents"},
	} {
		if v.wants(strings.ToLower(member.name)) {
			w.text(member.name, member.value)
		}
	}
	for _, member := range []string{"createdDateTime", "lastModifiedDateTime"} {
		if v.wants(strings.ToLower(member)) {
			w.time(member, epoch)
		}
	}
	if v.wants("owner") {
		w.name("owner")
		w.b = d.appendOwner(w.b)
	}
	if v.wants("quota") {
		w.name("quota")
		w.b = wire.AppendValue(w.b, map[string]any{"total": quota, "used": int(d.root.size), "deleted": int(d.binned),
			"remaining": quota - int(d.root.size+d.binned), "state": "normal"})
	}
	return c.JSON(http.StatusOK, append(w.b, '}'))
}

// locate finds the item that the path of a call names: by id, by path below an item or below the
// root. The drive has to be locked.
func (d *drive) locate(c *wire.Call) (*item, error) {
	at := d.root
	if id := c.Param("item"); id != "" {
		at = d.find(id)
	}
	for _, name := range names(c.Param("path")) {
		if at != nil {
			at = at.child(name)
		}
	}
	if at == nil {
		return nil, itemNotFound()
	}
	return at, nil
}

// names are the parts of a path; an empty one has none.
func names(path string) []string {
	if path = strings.Trim(path, "/"); path == "" {
		return nil
	}
	return strings.Split(path, "/")
}

// readItem answers GET of one item.
func (s *Store) readItem(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	i, err := d.locate(c)
	if err != nil {
		return err
	}
	return d.answer(c, http.StatusOK, i)
}

// answer is one item.
func (d *drive) answer(c *wire.Call, status int, i *item) error {
	c.Writer.Header().Set("ETag", d.tag(i))
	v := newView(c, d, c.Query.Select, false)
	return c.JSON(status, v.append(nil, i, d.context(c, "$entity")))
}

func (d *drive) context(c *wire.Call, what string) string {
	return c.Context("drives('" + strings.ReplaceAll(d.id, "!", "%21") + "')/items/" + what)
}

// listChildren answers GET .../children, in the order of names.
func (s *Store) listChildren(c *wire.Call) error {
	if c.Query.Filter != "" || c.Query.Search != "" || c.Query.OrderBy != "" && c.Query.OrderBy != "name" {
		return wire.BadRequest("invalidRequest", "The query option is not supported here.")
	}
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	folder, err := d.locate(c)
	d.mu.RUnlock()
	if err != nil {
		return err
	}
	children := d.order(folder)
	if c.Quirk("many-children") && len(children) > manyChildren {
		return &wire.Error{Status: http.StatusInternalServerError, Code: "UnknownError"}
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.page(c, children)
}

// page sends those of the children that come after the name in the token.
func (d *drive) page(c *wire.Call, children []*item) error {
	after, err := base64.RawURLEncoding.DecodeString(c.Query.Token)
	if err != nil {
		return wire.BadRequest("invalidRequest", "The skip token is not valid.")
	}
	first := 0
	if len(after) > 0 {
		first, _ = slices.BinarySearchFunc(children, string(after)+"\x00", func(i *item, name string) int { return strings.Compare(fold(i.name), name) })
	}
	size := pageSize(c)
	v, page := newView(c, d, c.Query.Select, false), c.NewPage("Collection(driveItem)", -1)
	for n, child := range children[first:] {
		if n == size {
			last := fold(children[first+n-1].name)
			page.Next = c.Link(map[string]string{"$skiptoken": base64.RawURLEncoding.EncodeToString([]byte(last))})
			break
		}
		if !child.there() {
			continue // deleted since the names were put in order
		}
		page.Item()
		page.Bytes = v.append(page.Bytes, child, "")
	}
	return page.Send()
}

func pageSize(c *wire.Call) int {
	switch {
	case c.Query.Top > 0:
		return min(c.Query.Top, largestPage)
	case c.Prefer.MaxPageSize > 0:
		return min(c.Prefer.MaxPageSize, largestPage)
	}
	return defaultPage
}
