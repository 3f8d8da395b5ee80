package drive

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// deltaOf answers GET /drives/{drive}/items/{item}/delta: that of the root, if it is the root. On
// business drives there is no other: https://github.com/OneDrive/onedrive-api-docs/issues/842
func (s *Store) deltaOf(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	i, err := d.locate(c)
	d.mu.RUnlock()
	switch {
	case err != nil:
		return err
	case i != d.root:
		return &wire.Error{Status: http.StatusNotImplemented, Code: "notSupported", Message: "view.delta can only be called on the root."}
	}
	return s.delta(c)
}

// delta answers GET /drives/{drive}/root/delta.
func (s *Store) delta(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	t, latest, err := d.begin(c)
	if err != nil {
		return err
	}
	if c.Quirk("delta-lost") && t.Position > t.Since {
		return itemNotFound()
	}
	r := &round{
		drive: d, token: t, first: t.Since == 0 && !latest, page: c.NewPage("Collection(driveItem)", -1), view: newView(c, d, t.Select, true),
		bare: strings.EqualFold(c.Request.Header.Get("deltaExcludeParent"), "true"), told: map[*item]bool{},
		sharing: sharingChanges(c),
	}
	r.view.scan(c, r.sharing, t.Since, r.first)
	whole := r.fill()
	self, _, _ := strings.Cut(c.Self(), "(")
	if !whole {
		r.page.Next = self + "?token=" + r.token.String()
		return r.page.Send()
	}
	r.page.Delta = self + "?token=" + r.token.done().String()
	return r.page.Send()
}

// round writes one page of changes.
type round struct {
	drive *drive
	token token
	view  *view
	page  *wire.Page
	first bool // everything that is there
	bare  bool // without folders that did not change
	told  map[*item]bool

	sharing bool // changes of sharing count, too
}

// fill writes changes until the page is full; it is true if the round ends with it.
func (r *round) fill() bool {
	for next := r.token.Position + 1; next <= r.token.Until; next++ {
		i := r.drive.log[next-1].item
		if r.last(i) == next && r.reports(i) && !r.told[i] {
			group := r.group(i)
			if len(r.told) > 0 && len(r.told)+len(group) > r.token.Size {
				return false
			}
			r.tell(group)
		}
		r.token.Position = next
	}
	return true
}

// last is when an item changed, as far as the client wants to know.
func (r *round) last(i *item) uint64 {
	if r.sharing {
		return max(i.sequence, i.sharedAt)
	}
	return i.sequence
}

// reports leaves out what was never known to the client, and what is in a deleted folder.
func (r *round) reports(i *item) bool {
	if i.gone {
		return !r.first && i.parent.there()
	}
	return i.there()
}

// group is an item behind those of its folders that it needs and that are not told yet: in the
// round if they changed, else in the page.
func (r *round) group(i *item) []*item {
	group := []*item{i}
	for at := i.parent; at != nil && !i.gone; at = at.parent {
		changed := r.last(at) > r.token.Since
		before := changed && r.last(at) <= r.token.Position
		if !before && !r.told[at] && (changed || !r.bare) {
			group = append(group, at)
		}
	}
	return group
}

func (r *round) tell(group []*item) {
	for n := len(group) - 1; n >= 0; n-- {
		r.told[group[n]] = true
		r.page.Item()
		r.page.Bytes = r.view.append(r.page.Bytes, group[n], "")
	}
}
