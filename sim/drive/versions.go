package drive

import (
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// file is the drive and the file that a call names, the drive locked for reading.
func (s *Store) file(c *wire.Call, use func(*drive, *item) error) error {
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
	if i.folder() {
		return wire.BadRequest("invalidRequest", "A folder has no versions.")
	}
	return use(d, i)
}

// listVersions answers GET .../versions, the current one first.
func (s *Store) listVersions(c *wire.Call) error {
	return s.file(c, func(d *drive, i *item) error {
		page := c.NewPage("Collection(driveItemVersion)", -1)
		for _, v := range append([]version{{i.writes, i.content, i.modified}}, i.versions...) {
			page.Item()
			page.Bytes = d.appendVersion(page.Bytes, v)
		}
		return page.Send()
	})
}

func (d *drive) appendVersion(b []byte, v version) []byte {
	w := &writer{append(b, '{'), true}
	w.text("id", v.id())
	w.time("lastModifiedDateTime", v.modified)
	w.raw("size", strconv.FormatInt(v.content.Size(), 10))
	w.name("lastModifiedBy")
	return append(d.appendOwner(w.b), '}')
}

func (v version) id() string { return digits(v.number) + ".0" }

// versionOf is the earlier version that a call names.
func versionOf(c *wire.Call, i *item) (version, error) {
	id := c.Param("version")
	if id == "current" || id == digits(i.writes)+".0" {
		return version{}, wire.BadRequest("invalidRequest", "You cannot get the content of the current version.")
	}
	for _, v := range i.versions {
		if v.id() == strings.TrimSpace(id) {
			return v, nil
		}
	}
	return version{}, itemNotFound()
}

// versionContent answers GET .../versions/{version}/content: where to find it.
func (s *Store) versionContent(c *wire.Call) error {
	return s.file(c, func(d *drive, i *item) error {
		v, err := versionOf(c, i)
		if err != nil {
			return err
		}
		return redirect(c, d.address(c, i, v.number))
	})
}

// restoreVersion answers POST .../versions/{version}/restoreVersion: the content comes back as a
// new version.
func (s *Store) restoreVersion(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i, err := d.mayChange(c)
	if err != nil {
		return err
	}
	v, err := versionOf(c, i)
	if err != nil {
		return err
	}
	d.write(i, v.content, dates{i.created, c.Now}.or(c.Now, c.Now), c.Now)
	return c.NoContent()
}
