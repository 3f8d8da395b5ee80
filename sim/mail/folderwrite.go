package mail

import (
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// edit opens the mailbox that a call names for writing.
func (s *Store) edit(c *wire.Call, change func(*box) error) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return change(b)
}

// editFolder does the same with the folder that it names.
func (s *Store) editFolder(c *wire.Call, change func(*box, *folder) error) error {
	return s.edit(c, func(b *box) error {
		f := b.folderOf(c.Param("folder"))
		if f == nil {
			return itemNotFound()
		}
		return change(b, f)
	})
}

// createFolder answers POST /users/{user}/mailFolders and .../childFolders.
func (s *Store) createFolder(c *wire.Call) error {
	var given struct {
		Name   string `json:"displayName"`
		Hidden bool   `json:"isHidden"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.edit(c, func(b *box) error {
		parent := b.folders[top]
		if id := c.Param("folder"); id != "" {
			if parent = b.folderOf(id); parent == nil {
				return itemNotFound()
			}
		}
		if given.Name == "" {
			return wire.BadRequest("ErrorInvalidParameter", "The folder name cannot be empty.")
		}
		if b.child(parent.number, given.Name) != nil {
			return folderExists()
		}
		f := b.addFolder(parent.number, given.Name)
		f.hidden = given.Hidden
		return c.JSON(http.StatusCreated, b.appendFolder(nil, f, nil, c.Context("users('"+b.owner.ID+"')/mailFolders/$entity")))
	})
}

func folderExists() error {
	return wire.Conflict("ErrorFolderExists", "A folder with the specified name already exists.")
}

// updateFolder answers PATCH .../mailFolders/{folder}.
func (s *Store) updateFolder(c *wire.Call) error {
	var given struct {
		Name string `json:"displayName"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.editFolder(c, func(b *box, f *folder) error {
		if same := b.child(f.parent, given.Name); same != nil && same != f {
			return folderExists()
		}
		if given.Name != "" {
			f.name, f.changed = given.Name, b.advance()
		}
		return c.JSON(http.StatusOK, b.appendFolder(nil, f, nil, c.Context("users('"+b.owner.ID+"')/mailFolders/$entity")))
	})
}

// moveFolder answers POST .../mailFolders/{folder}/move.
func (s *Store) moveFolder(c *wire.Call) error {
	var given destination
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.editFolder(c, func(b *box, f *folder) error {
		to := b.folderOf(given.ID)
		switch {
		case to == nil:
			return itemNotFound()
		case f.known != "" || b.inside(to, f):
			return wire.BadRequest("ErrorMoveCopyFailed", "The folder cannot be moved there.")
		case b.child(to.number, f.name) != nil:
			return folderExists()
		}
		f.parent, f.changed = to.number, b.advance()
		return c.JSON(http.StatusCreated, b.appendFolder(nil, f, nil, c.Context("users('"+b.owner.ID+"')/mailFolders/$entity")))
	})
}

// inside tells whether a folder lies in another one, or is it.
func (b *box) inside(f, other *folder) bool {
	for at := f; at != nil; at = b.folders[at.parent] {
		if at == other {
			return true
		}
	}
	return false
}

// deleteFolder answers DELETE .../mailFolders/{folder}; forGood is permanentDelete.
func (s *Store) deleteFolder(forGood bool) func(*wire.Call) error {
	return func(c *wire.Call) error {
		return s.editFolder(c, func(b *box, f *folder) error {
			if f.known != "" {
				return wire.BadRequest("ErrorDeleteDistinguishedFolder", "Distinguished folders cannot be deleted.")
			}
			b.drop(f, forGood, c.Now)
			return c.NoContent()
		})
	}
}

// destination is the body of move and copy.
type destination struct {
	ID string `json:"destinationId"`
}

// purge removes all mail and all folders that are not well-known.
func (b *box) purge(now time.Time) int {
	removed := 0
	for _, number := range append([]uint32(nil), b.order...) {
		f := b.folders[number]
		if f.gone || f.hidden && f.number != recoverable {
			continue
		}
		for _, k := range b.keys(f) {
			b.forget(b.touch(k))
			removed++
		}
	}
	for _, f := range b.visible(top) {
		if f.known == "" && !f.gone {
			b.drop(f, true, now)
		}
	}
	return removed
}
