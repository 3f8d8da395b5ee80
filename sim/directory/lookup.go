package directory

import (
	"net/http"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// most ids of a getByIds.
const mostIDs = 1000

// getByIds answers POST /directoryObjects/getByIds. Ids that lead to nothing are left out.
func (s *Store) getByIds(c *wire.Call) error {
	var given struct {
		IDs   []string `json:"ids"`
		Types []string `json:"types"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	if len(given.IDs) == 0 || len(given.IDs) > mostIDs {
		return wire.BadRequest("Request_BadRequest", "Between 1 and 1000 ids are expected.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := c.NewPage("directoryObjects", -1)
	for _, id := range given.IDs {
		o := s.find(id)
		if o == nil || !s.visible(o) || len(given.Types) > 0 && !slices.Contains(given.Types, string(o.kind)) && !slices.Contains(given.Types, "directoryObject") {
			continue
		}
		page.Item()
		page.Bytes = s.appendObject(page.Bytes, o, selection(o.kind, c.Query.Select), true, "")
	}
	return page.Send()
}

// readAny answers GET /directoryObjects/{id}.
func (s *Store) readAny(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o := s.find(c.Param("object"))
	if o == nil || !s.visible(o) {
		return notFound(c.Param("object"))
	}
	return c.JSON(http.StatusOK, s.appendObject(nil, o, selection(o.kind, c.Query.Select), true, c.Context("directoryObjects/$entity")))
}
