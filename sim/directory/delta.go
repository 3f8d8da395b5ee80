package directory

import (
	"slices"
	"sort"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Sizes of a page of changes. Graph chooses them itself; $top is not supported here.
const (
	deltaPage    = 200
	deltaMembers = 1000
)

// delta answers GET /users/delta and /groups/delta.
func (s *Store) delta(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.sweep(c.Now)
		s.mu.RLock()
		defer s.mu.RUnlock()
		t, err := s.begin(c)
		if err != nil {
			return err
		}
		filter, err := wire.ParseFilter(t.Filter)
		if err != nil {
			return err
		}
		if t.Until == 0 {
			t.Until, t.Position = max(s.readable(), t.Since), t.Since
		}
		round := round{store: s, kind: kind, token: t, filter: filter, minimal: c.Prefer.Minimal}
		return round.send(c)
	}
}

// round writes one page of changes.
type round struct {
	store   *Store
	kind    Kind
	token   token
	filter  *wire.Filter
	minimal bool
}

func (r *round) send(c *wire.Call) error {
	page := c.NewPage(fragment(r.kind, r.token.Select, false), -1)
	log := r.store.kinds[r.kind].log
	from := sort.Search(len(log), func(i int) bool { return log[i].sequence > r.token.Position })
	items, members := 0, 0
	for _, line := range log[from:] {
		if line.sequence > r.token.Until {
			break
		}
		if line.object.changed != line.sequence || !r.filter.Match(r.store.row(line.object)) {
			continue
		}
		if items == deltaPage || members >= deltaMembers {
			return r.next(c, page)
		}
		page.Item()
		var complete bool
		page.Bytes, members, complete = r.append(page.Bytes, line.object, members)
		if !complete {
			return r.next(c, page)
		}
		items++
		r.token.Position, r.token.Members = line.sequence, 0
	}
	done := token{Generation: r.token.Generation, Since: r.token.Until, Select: r.token.Select, Filter: r.token.Filter}
	page.Delta = c.Self() + "?$deltatoken=" + done.String()
	return page.Send()
}

func (r *round) next(c *wire.Call, page *wire.Page) error {
	page.Next = c.Self() + "?$skiptoken=" + r.token.String()
	return page.Send()
}

// append writes one change; complete is false if members of the group are left for another page.
func (r *round) append(b []byte, o *object, members int) (_ []byte, count int, complete bool) {
	if o.removed != "" {
		b = wire.AppendString(append(b, `{"@odata.type":"#microsoft.graph.`+string(r.kind)+`","id":`...), o.id)
		return append(b, `,"@removed":{"reason":"`+o.removed+`"}}`...), members, true
	}
	b = r.store.appendObject(b, o, r.names(o), false, "")
	if o.kind == User || len(r.token.Select) > 0 && !slices.Contains(r.token.Select, "members") {
		return b, members, true
	}
	changes := r.memberChanges(o)
	part := changes[min(r.token.Members, len(changes)):]
	complete = len(part) <= deltaMembers-members
	part = part[:min(len(part), deltaMembers-members)]
	if len(part) == 0 {
		return b, members, complete
	}
	r.token.Members += len(part)
	return r.appendMembers(b, o, part), members + len(part), complete
}

// names are the properties to report: never-set ones are absent, and with return=minimal those
// that did not change are, too.
func (r *round) names(o *object) []string {
	props := r.store.properties(o)
	var names []string
	for _, name := range selection(r.kind, r.token.Select) {
		_, touched := o.touched[name]
		unchanged := r.minimal && r.token.Since > 0 && o.touched[name] <= r.token.Since && o.changed > r.token.Since
		switch {
		case name == "id":
		case props[name] == nil && !touched, unchanged:
			continue
		}
		names = append(names, name)
	}
	return names
}

// memberChanges lists who joined or left in the round; in a first round, who is in.
func (r *round) memberChanges(group *object) []string {
	if r.token.Since == 0 {
		return group.members
	}
	var changed []string
	for id, sequence := range group.joined {
		if sequence > r.token.Since {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return changed
}

func (r *round) appendMembers(b []byte, group *object, ids []string) []byte {
	b = append(b[:len(b)-1], `,"members@delta":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		kind := User
		if o := r.store.find(id); o != nil {
			kind = o.kind
		}
		b = wire.AppendString(append(b, `{"@odata.type":"#microsoft.graph.`+string(kind)+`","id":`...), id)
		if !group.isMember(id) {
			b = append(b, `,"@removed":{"reason":"deleted"}`...)
		}
		b = append(b, '}')
	}
	return append(b, ']', '}')
}
