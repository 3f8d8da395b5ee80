package drive

import (
	"bytes"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// largestPut is how much fits into one PUT of a whole file.
const largestPut = 250 << 20

// receive takes the body of a call as content.
func (s *Store) receive(c *wire.Call) (*blob.Space, int64, error) {
	var body io.Reader = c.Request.Body
	size := c.Request.ContentLength
	if size < 0 || c.Request.Header.Get("Content-Encoding") != "" {
		whole, err := c.Body()
		if err != nil {
			return nil, 0, err
		}
		body, size = bytes.NewReader(whole), int64(len(whole))
	}
	if size > largestPut {
		return nil, 0, &wire.Error{Status: http.StatusRequestEntityTooLarge, Code: "invalidRequest", Message: "The file is too large for one request: use an upload session."}
	}
	space, err := s.spool.Reserve(size)
	if err != nil {
		return nil, 0, err
	}
	if space.Fill(body, 0, size) != nil {
		return nil, 0, wire.BadRequest("invalidRequest", "IO error during request payload read")
	}
	return space, size, nil
}

// arrival is a file that was received whole.
type arrival struct {
	space   *blob.Space
	size    int64
	dates   dates
	effects wire.Effects
}

// putContent answers PUT .../content.
func (s *Store) putContent(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	wanted, err := behaviour(c.Query.Raw.Get("@microsoft.graph.conflictBehavior")).or(replace)
	if err != nil {
		return err
	}
	space, size, err := s.receive(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t, err := d.aim(c, c.Now)
	if err != nil {
		return err
	}
	return d.accept(c, t, wanted, arrival{space, size, dates{}, c.Effects})
}

// accept writes a received file to its target and answers with the item.
func (d *drive) accept(c *wire.Call, t target, wanted behaviour, a arrival) error {
	if a.effects.Quirks["locked-file"] {
		return lockedFile()
	}
	if err := d.checkMatch(c.Request.Header.Get("If-Match"), t.onto); err != nil {
		return err
	}
	t, err := t.settle(wanted)
	if err != nil {
		return err
	}
	if err := d.checkQuota(a.size); err != nil {
		return err
	}
	content, err := d.store.finish(a, t.name)
	if err != nil {
		return err
	}
	i, status := d.put(t, content, a, c.Now)
	return d.answer(c, status, i)
}

// finish makes content of what was received, with what faults do to it.
func (s *Store) finish(a arrival, name string) (*blob.Content, error) {
	if a.effects.Corrupt == "byte" && a.size > 0 {
		if err := a.space.Flip(a.size / 2); err != nil {
			return nil, err
		}
	}
	content := a.space.Content()
	if !a.effects.Quirks["rewritten-files"] || !rewritten[strings.ToLower(path.Ext(name))] {
		return content, nil
	}
	reader, closer, err := content.Open()
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	space, err := s.spool.Reserve(a.size + int64(len(property)))
	if err != nil {
		return nil, err
	}
	return space.Content(), space.Fill(io.MultiReader(reader, strings.NewReader(property)), 0, a.size+int64(len(property)))
}

// SharePoint writes properties into files that it understands:
// https://github.com/OneDrive/onedrive-api-docs/issues/935
const property = "\x00\x00SP\x00PROPS\x00\x00"

var rewritten = map[string]bool{".docx": true, ".xlsx": true, ".pptx": true, ".pdf": true, ".html": true, ".htm": true, ".jpg": true}

// put writes a file to its target. A scripted fault may make it a lie.
func (d *drive) put(t target, content *blob.Content, a arrival, now time.Time) (i *item, status int) {
	given := a.dates.or(now, now)
	if a.effects.Corrupt == "flag" {
		given.Modified = given.Modified.Add(time.Hour)
	}
	switch {
	case a.effects.Corrupt == "drop":
		d.last++
		return &item{number: d.last, parent: t.folder, name: t.name, content: content, size: content.Size(),
			created: given.Created, modified: given.Modified, edits: 1, writes: 1}, http.StatusCreated
	case t.onto == nil:
		return d.add(t.folder, t.name, content, given, now), http.StatusCreated
	}
	if a.dates.Created.IsZero() {
		given.Created = t.onto.created
	}
	d.write(t.onto, content, given, now)
	return t.onto, http.StatusOK
}
