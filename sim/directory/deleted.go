package directory

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// binLife is how long a deleted object can be restored.
const binLife = 30 * 24 * time.Hour

// remove answers DELETE of one object: it goes to the recycle bin. Security groups went for good
// until 2025; the simulator follows the documentation of 2026 and keeps them, unless the quirk
// groups-deleted-for-good is on.
func (s *Store) remove(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		o, err := s.get(kind, c.Param(string(kind)))
		if err != nil {
			return err
		}
		types, _ := s.properties(o)["groupTypes"].([]any)
		if kind == Group && c.Quirk("groups-deleted-for-good") && !slices.Contains(types, "Unified") {
			s.drop(o, "deleted", c.Now)
			return c.NoContent()
		}
		s.drop(o, "changed", c.Now)
		s.bin = append(s.bin, o)
		return c.NoContent()
	}
}

func (s *Store) drop(o *object, reason string, now time.Time) {
	o.removed, o.deleted = reason, now
	population := s.kinds[o.kind]
	population.live--
	population.note(o, s.advance())
	o.groups = s.leaveAll(o.id)
	s.tell(o, event.Deleted)
}

// sweep deletes for good what was in the recycle bin for too long.
func (s *Store) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle(now)
	for len(s.bin) > 0 && (s.bin[0].removed != "changed" || now.Sub(s.bin[0].deleted) > binLife) {
		if s.bin[0].removed == "changed" {
			s.purgeObject(s.bin[0])
		}
		s.bin = s.bin[1:]
	}
}

func (s *Store) purgeObject(o *object) {
	o.removed = "deleted"
	s.kinds[o.kind].note(o, s.advance())
	s.tell(o, event.Deleted)
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
		s.sweep(c.Now)
		s.mu.RLock()
		defer s.mu.RUnlock()
		filter, err := wire.ParseFilter(c.Query.Filter)
		if err != nil {
			return err
		}
		var found []*object
		for _, o := range s.kinds[kind].order {
			if o.removed == "changed" && filter.Match(s.row(o)) {
				found = append(found, o)
			}
		}
		return s.sendPage(c, found, fragment(kind, c.Query.Select, false), func(b []byte, o *object) []byte {
			return s.appendDeleted(b, o, selection(kind, c.Query.Select), false, "")
		})
	}
}

func (s *Store) appendDeleted(b []byte, o *object, names []string, typed bool, context string) []byte {
	b = s.appendObject(b, o, names, typed, context)
	b = append(b[:len(b)-1], `,"deletedDateTime":`...)
	return append(wire.AppendTime(b, o.deleted), '}')
}

// readDeleted answers GET /directory/deletedItems/{id}.
func (s *Store) readDeleted(c *wire.Call) error {
	s.sweep(c.Now)
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, err := s.binned(c.Param("object"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, s.appendDeleted(nil, o, selection(o.kind, c.Query.Select), true, c.Context("directoryObjects/$entity")))
}

// restore answers POST /directory/deletedItems/{id}/restore. A user may get another principal
// name, and give up addresses that somebody else has got meanwhile.
func (s *Store) restore(c *wire.Call) error {
	var given struct {
		Reconcile bool   `json:"autoReconcileProxyConflict"`
		Name      string `json:"newUserPrincipalName"`
	}
	if c.Request.ContentLength > 0 {
		if err := c.Decode(&given); err != nil {
			return err
		}
	}
	s.sweep(c.Now)
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.binned(c.Param("object"))
	if err != nil {
		return err
	}
	if err := s.reclaim(o, given.Name, given.Reconcile); err != nil {
		return err
	}
	o.removed, o.born = "", c.Now
	s.kinds[o.kind].live++
	s.kinds[o.kind].note(o, s.advance())
	s.tell(o, event.Created)
	for _, id := range o.groups {
		if group := s.find(id); group != nil {
			s.join(group, o.id)
		}
	}
	return c.JSON(http.StatusOK, s.appendObject(nil, o, defaults[o.kind], true, c.Context("directoryObjects/$entity")))
}

// reclaim gives an object that comes back its principal name and its addresses again.
func (s *Store) reclaim(o *object, name string, reconcile bool) error {
	changes := map[string]any{}
	if name != "" {
		changes["userPrincipalName"] = name
	} else if o.kind == User {
		changes["userPrincipalName"] = s.properties(o)["userPrincipalName"]
	}
	if err := s.checkWritable(o.kind, changes, o); err != nil {
		return err
	}
	list, _ := s.properties(o)["proxyAddresses"].([]any)
	free := slices.DeleteFunc(slices.Clone(list), func(address any) bool { return s.taken(address, o) })
	switch {
	case len(free) == len(list):
	case !reconcile:
		return s.duplicateAddress(list, o)
	default:
		changes["proxyAddresses"] = free
	}
	s.change(o, changes)
	return nil
}

// purge answers DELETE /directory/deletedItems/{id}.
func (s *Store) purge(c *wire.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.binned(c.Param("object"))
	if err != nil {
		return err
	}
	s.purgeObject(o)
	return c.NoContent()
}
