package directory

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// remove answers DELETE of one object: it goes to the recycle bin for 30 days. Security groups
// went for good until 2025; the simulator follows the documentation of 2026 and keeps them.
func (s *Store) remove(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		o, err := s.get(kind, c.Param(string(kind)))
		if err != nil {
			return err
		}
		s.drop(o, "changed")
		o.deleted = c.Now
		return c.NoContent()
	}
}

func (s *Store) drop(o *object, reason string) {
	o.removed = reason
	population := s.kinds[o.kind]
	population.live--
	population.note(o, s.advance())
	if o.kind == User {
		s.leaveAll(o.id)
	}
}

// binned finds an object in the recycle bin.
func (s *Store) binned(id string) (*object, error) {
	for _, population := range s.kinds {
		if o := population.byID[strings.ToLower(id)]; o != nil && o.removed == "changed" {
			return o, nil
		}
	}
	return nil, notFound(id)
}

// listDeleted answers GET /directory/deletedItems/microsoft.graph.user and .group.
func (s *Store) listDeleted(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		var found []*object
		for _, o := range s.kinds[kind].order {
			if o.removed == "changed" {
				found = append(found, o)
			}
		}
		return s.sendPage(c, found, fragment(kind, c.Query.Select, false), func(b []byte, o *object) []byte {
			b = s.appendObject(b, o, selection(kind, c.Query.Select), false, "")
			b = append(b[:len(b)-1], `,"deletedDateTime":`...)
			return append(wire.AppendTime(b, o.deleted), '}')
		})
	}
}

// restore answers POST /directory/deletedItems/{id}/restore.
func (s *Store) restore(c *wire.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.binned(c.Param("object"))
	if err != nil {
		return err
	}
	if name, _ := s.properties(o)["userPrincipalName"].(string); o.kind == User {
		if holder := s.addresses[strings.ToLower(name)]; holder != nil && holder != o && holder.removed == "" {
			return duplicate("userPrincipalName")
		}
		s.addresses[strings.ToLower(name)] = o
	}
	o.removed = ""
	s.kinds[o.kind].live++
	s.kinds[o.kind].note(o, s.advance())
	return c.JSON(http.StatusOK, s.appendObject(nil, o, defaults[o.kind], true, c.Context("directoryObjects/$entity")))
}

// purge answers DELETE /directory/deletedItems/{id}.
func (s *Store) purge(c *wire.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.binned(c.Param("object"))
	if err != nil {
		return err
	}
	o.removed = "deleted"
	s.kinds[o.kind].note(o, s.advance())
	return c.NoContent()
}
