package drive

import (
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// change is the body of a PATCH. What is left out stays as it is.
type change struct {
	Behaviour behaviour `json:"@microsoft.graph.conflictBehavior"`
	Name      *string   `json:"name"`
	Parent    *struct {
		ID    string `json:"id"`
		Drive string `json:"driveId"`
		Path  string `json:"path"`
	} `json:"parentReference"`
	Dates *dates `json:"fileSystemInfo"`
}

// update answers PATCH of an item: a new name, another folder, other dates.
func (s *Store) update(c *wire.Call) error {
	var given change
	if err := c.Decode(&given); err != nil {
		return err
	}
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
	if err := d.relocate(i, given, c.Now); err != nil {
		return err
	}
	if given.Dates != nil {
		d.date(c, i, *given.Dates)
	}
	if c.Quirk("empty-patch") {
		return c.NoContent()
	}
	return d.answer(c, http.StatusOK, i)
}

// mayChange is the item of a call that changes it.
func (d *drive) mayChange(c *wire.Call) (*item, error) {
	i, err := d.locate(c)
	switch {
	case err != nil:
		return nil, err
	case i == d.root:
		return nil, &wire.Error{Status: http.StatusForbidden, Code: "accessDenied", Message: "The root cannot be changed."}
	case c.Quirk("locked-file") && !i.folder():
		return nil, lockedFile()
	}
	return i, d.checkMatch(c.Request.Header.Get("If-Match"), i)
}

// relocate renames and moves.
func (d *drive) relocate(i *item, given change, now time.Time) error {
	if given.Name == nil && given.Parent == nil {
		return nil
	}
	folder, name := i.parent, i.name
	if given.Name != nil {
		name = *given.Name
	}
	if given.Parent != nil {
		if given.Parent.ID == "" || given.Parent.Drive != "" && given.Parent.Drive != d.id {
			return wire.BadRequest("invalidRequest", "The parent has to be named by its id in the same drive.")
		}
		if folder = d.find(given.Parent.ID); folder != nil && folder.below(i) {
			return wire.BadRequest("invalidRequest", "A folder cannot be moved into itself.")
		}
	}
	if folder == i.parent && name == i.name {
		return nil
	}
	t, err := d.target(folder, name)
	if err != nil {
		return err
	}
	if t.onto == i {
		t = target{folder, name, nil} // only the case of the name changes
	}
	wanted, err := given.Behaviour.or(fail)
	if err != nil {
		return err
	}
	if t, err = t.settle(wanted); err != nil {
		return err
	}
	if t.onto != nil {
		d.remove(t.onto, false, now)
	}
	d.place(i, t.folder, t.name, now)
	return nil
}

// date sets what a client says; what it leaves out stays.
func (d *drive) date(c *wire.Call, i *item, given dates) {
	if c.Effects.Corrupt == "flag" {
		given.Modified = given.Modified.Add(time.Hour)
	}
	given = given.or(i.created, i.modified)
	if c.Quirk("dates-make-versions") && !i.folder() {
		i.keepVersion()
	}
	i.created, i.modified = given.Created, given.Modified
	d.edited(i, c.Now)
}
