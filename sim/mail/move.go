package mail

import (
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// move answers POST .../messages/{message}/move.
func (s *Store) move(c *wire.Call) error {
	var given destination
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.editMessage(c, func(b *box, m *message) error {
		to := b.folderOf(given.ID)
		if to == nil {
			return itemNotFound()
		}
		b.take(m)
		b.put(m, to.number, c.Now)
		return c.JSON(http.StatusCreated, b.answer(c, m))
	})
}

// duplicate answers POST .../messages/{message}/copy.
func (s *Store) duplicate(c *wire.Call) error {
	var given destination
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.edit(c, func(b *box) error {
		k, m, err := b.named(c)
		if err != nil {
			return err
		}
		to := b.folderOf(given.ID)
		if to == nil {
			return itemNotFound()
		}
		_, st, _, _ := b.lookup(k)
		twin := *b.content(k, m)
		made := b.add(&twin, st, nil, to.number, c.Now)
		return c.JSON(http.StatusCreated, b.answer(c, made))
	})
}

// remove answers DELETE .../messages/{message}; forGood is permanentDelete.
func (s *Store) remove(forGood bool) func(*wire.Call) error {
	return func(c *wire.Call) error {
		return s.editMessage(c, func(b *box, m *message) error {
			b.remove(m, forGood, c.Now)
			return c.NoContent()
		})
	}
}
