package mail

import (
	"sort"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// delta answers GET .../mailFolders/{folder}/messages/delta.
func (s *Store) delta(c *wire.Call) error {
	b, err := s.open(c)
	if err != nil {
		return err
	}
	if c.Quirk("full-mailbox") {
		return quotaExceeded()
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	f := b.folderOf(c.Param("folder"))
	if f == nil {
		return wire.NotFound("ErrorSyncFolderNotFound", "The folder to sync could not be found.")
	}
	t, err := b.begin(c, f.number)
	if err != nil {
		return err
	}
	v, err := newView(c, b, t.Select, t.Expand)
	if err != nil {
		return err
	}
	filter, err := wire.ParseFilter(t.Filter)
	if err != nil {
		return err
	}
	v.typed = true
	r := &round{box: b, folder: f, token: t, view: v, filter: filter, call: c, first: t.Since == 0}
	return r.send()
}

// round writes one page of changes of a folder.
type round struct {
	box    *box
	folder *folder
	token  token
	view   *view
	filter *wire.Filter
	call   *wire.Call
	page   *wire.Page
	first  bool
	items  int
	size   int
}

func (r *round) send() error {
	r.size = defaultPage
	if r.call.Prefer.MaxPageSize > 0 {
		r.size = min(r.call.Prefer.MaxPageSize, largestPage)
	}
	if r.call.Quirk("large-page") && r.size > quirkyPage {
		return &wire.Error{Status: 503, Empty: true}
	}
	r.page = r.call.NewPage("Collection(message)", -1)
	if !r.madeUp() || !r.logged() {
		r.page.Next = r.call.Self() + "?$skiptoken=" + r.token.String()
		return r.page.Send()
	}
	r.page.Delta = r.call.Self() + "?$deltatoken=" + r.token.done().String()
	return r.page.Send()
}

// full tells that the page has no room left.
func (r *round) full() bool { return r.items >= r.size }

// finished tells that $top is used up, which ends the round.
func (r *round) finished() bool { return r.token.Left < 0 }

// madeUp reports messages that are still as they were made; it is false if some are left for
// another page. They were all there before the first round.
func (r *round) madeUp() bool {
	if !r.first || r.token.Change == "updated" || r.token.Change == "deleted" {
		return true
	}
	for i := int(min(r.token.Position, uint64(r.folder.base))) + 1; i <= r.folder.base && !r.finished(); i++ {
		k := madeUp(r.folder.number, i)
		if r.box.changed[k] == nil && r.matches(k, nil) {
			if r.full() {
				return false
			}
			r.report(k, nil)
		}
		r.token.Position = uint64(i)
	}
	return true
}

// logged reports what the log says, in the same way.
func (r *round) logged() bool {
	log := r.folder.log
	from := sort.Search(len(log), func(i int) bool { return log[i].sequence > r.token.Position })
	for _, line := range log[from:] {
		if line.sequence > r.token.Until || r.finished() {
			break
		}
		if r.wanted(line) {
			if r.full() {
				return false
			}
			r.line(line)
		}
		r.token.Position = line.sequence
	}
	return true
}

// wanted tells whether a line of the log still holds, and whether the round is about it.
func (r *round) wanted(l line) bool {
	m := r.box.changed[l.key]
	switch {
	case m != nil && m.folder == r.folder.number && m.sequence == l.sequence:
		fresh := m.entered > r.token.Since || r.first
		return r.changeType(fresh) && r.matches(l.key, m)
	case r.folder.left[l.key] == l.sequence:
		return !r.first && (r.token.Change == "" || r.token.Change == "deleted")
	}
	return false
}

func (r *round) changeType(fresh bool) bool {
	switch r.token.Change {
	case "created":
		return fresh
	case "updated":
		return !fresh
	}
	return r.token.Change == ""
}

func (r *round) matches(k key, m *message) bool {
	if r.filter == nil {
		return true
	}
	_, state, _, _ := r.box.lookup(k)
	return r.filter.Match(r.box.row(k, state, m))
}

func (r *round) line(l line) {
	m := r.box.changed[l.key]
	if m.folder == r.folder.number {
		r.report(l.key, m)
		if r.call.Quirk("twice-after-move") && m.sequence == m.entered && !r.first {
			r.report(l.key, m)
		}
		return
	}
	r.item()
	b := append(r.page.Bytes, `{"@removed":{"reason":"deleted"},"id":"`...)
	r.page.Bytes = append(r.box.appendMessageID(b, l.key, r.folder.number, r.view.immutable), '"', '}')
}

func (r *round) report(k key, m *message) {
	r.item()
	if m != nil && m.onlyRead && !r.first && r.call.Quirk("sparse-read-state") {
		b := append(r.page.Bytes, `{"@odata.type":"#microsoft.graph.message","id":"`...)
		b = r.box.appendMessageID(b, k, r.folder.number, r.view.immutable)
		r.page.Bytes = append(wire.AppendBool(append(b, `","isRead":`...), m.state.read), '}')
		return
	}
	r.page.Bytes = r.view.message(r.page.Bytes, k, "")
}

// item makes room for one, and counts it against $top: -1 means that nothing is left.
func (r *round) item() {
	r.page.Item()
	r.items++
	if r.token.Left > 0 {
		if r.token.Left--; r.token.Left == 0 {
			r.token.Left = -1
		}
	}
}
