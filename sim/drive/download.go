package drive

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// readContent answers GET .../content: where to find it.
func (s *Store) readContent(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	i, err := d.locate(c)
	switch {
	case err != nil:
		return err
	case i.folder():
		return wire.BadRequest("invalidRequest", "You cannot get content for a folder.")
	case c.Quirk("locked-file"):
		return lockedFile()
	case c.Quirk("onenote") && (strings.HasSuffix(fold(i.name), ".one") || strings.HasSuffix(fold(i.name), ".onetoc2")):
		return &wire.Error{Status: http.StatusServiceUnavailable, Code: "serviceNotAvailable", Message: "The service is not available."}
	}
	return redirect(c, d.address(c, i, 0))
}

func redirect(c *wire.Call, address string) error {
	c.Writer.Header().Set("Location", address)
	c.Writer.WriteHeader(http.StatusFound)
	return nil
}

func lockedFile() error {
	return &wire.Error{Status: http.StatusLocked, Code: "accessDenied", Inner: "resourceLocked", Message: "The file is checked out or locked for editing by another user."}
}

func virus() *wire.Error {
	return &wire.Error{Status: http.StatusForbidden, Code: "malwareDetected", Message: "Malware detected",
		Header: http.Header{"X-Virus-Infected": {"true"}}}
}

// download serves content on the pre-authenticated host, with ranges.
func (s *Store) download(c *wire.Call) error {
	t, ok := s.read(c.Request.URL.Query().Get("tempauth"))
	if !ok || c.Now.After(t.expires) {
		return &wire.Error{Status: http.StatusUnauthorized, Code: "unauthenticated", Message: "The download URL is no longer valid."}
	}
	if c.Quirk("range-needs-accept") && c.Request.Header.Get("Range") != "" && c.Request.Header.Get("Accept") == "" {
		return &wire.Error{Status: http.StatusRequestedRangeNotSatisfiable, Empty: true}
	}
	if c.Quirk("ignored-ranges") {
		c.Request.Header.Del("Range")
	}
	person, known := s.config.Directory.Person(t.user)
	if !known {
		return itemNotFound()
	}
	d := s.drive(person)
	d.mu.RLock()
	i := d.items[t.number]
	found, err := d.contentOf(c, i, t.version)
	if err != nil {
		d.mu.RUnlock()
		return err
	}
	name, tag, modified := i.name, d.tag(i), i.modified
	if t.version == 0 {
		tag = `"{` + d.unique(i) + `},c` + digits(i.writes) + `"` // the content's: it stays the same under a new name
	}
	d.mu.RUnlock()
	reader, closer, err := found.Open()
	if err != nil {
		return &wire.Error{Status: http.StatusInternalServerError, Code: "generalException", Message: err.Error()}
	}
	defer closer.Close()
	header := c.Writer.Header()
	header.Set("ETag", tag)
	header.Set("Content-Type", mimeType(name))
	http.ServeContent(c.Writer, c.Request, "", modified, reader)
	return nil
}

// contentOf is the content of a file or of one of its versions.
func (d *drive) contentOf(c *wire.Call, i *item, version int) (*blob.Content, error) {
	switch {
	case i == nil || !i.there():
		return nil, itemNotFound()
	case infected(c, i):
		return nil, virus()
	case version == 0:
		return i.content, nil
	}
	for _, v := range i.versions {
		if v.number == version {
			return v.content, nil
		}
	}
	return nil, itemNotFound()
}
