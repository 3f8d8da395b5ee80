package drive

import (
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// createFolder answers POST .../children.
func (s *Store) createFolder(c *wire.Call) error {
	var given struct {
		properties
		Folder *struct{} `json:"folder"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	wanted, err := given.Behaviour.or(fail)
	switch {
	case err != nil:
		return err
	case given.Folder == nil:
		return wire.BadRequest("invalidRequest", "Only folders can be made in this way: the folder facet is missing.")
	}
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	parent, err := d.locate(c)
	if err != nil {
		return err
	}
	t, err := d.target(parent, given.Name)
	if err != nil {
		return err
	}
	if wanted == replace && t.onto != nil && t.onto.folder() {
		return d.answer(c, http.StatusOK, t.onto)
	}
	if t, err = t.settle(wanted); err != nil {
		return err
	}
	made := d.add(t.folder, t.name, nil, given.Dates.or(c.Now, c.Now), c.Now)
	if c.Quirk("folder-conflict") {
		return nameTaken()
	}
	return d.answer(c, http.StatusCreated, made)
}

// remove answers DELETE, and POST .../permanentDelete.
func (s *Store) remove(forGood bool) func(*wire.Call) error {
	return func(c *wire.Call) error {
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
		d.remove(i, forGood, c.Now)
		return c.NoContent()
	}
}
