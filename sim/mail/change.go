package mail

import (
	"fmt"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/control"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Change plays a day of work on a mailbox, or a disaster. Of the items that change, four in ten
// are new mails, four were read, flagged or filed under a category, one was moved and one deleted.
func (s *Store) Change(user directory.Person, plan control.Plan) (control.Changes, error) {
	if !s.config.Directory.Licensed(user.ID, directory.Exchange) {
		return control.Changes{}, nil
	}
	b := s.box(user)
	b.mu.Lock()
	defer b.mu.Unlock()
	if plan.Disaster == "delete" {
		return control.Changes{Deleted: b.purge(s.config.Now())}, nil
	}
	d := &day{box: b, source: seed.New(b.seed, plan.Seed, seed.Text("change")), now: s.config.Now()}
	d.list()
	for i := range max(int(plan.Share*float64(len(d.keys))+0.5), min(1, len(d.keys))) {
		d.event(i % 10)
	}
	return d.changes, nil
}

// day is a day of work under way.
type day struct {
	box     *box
	source  seed.Source
	now     time.Time
	keys    []key // of all visible messages; those that were touched are taken out
	changes control.Changes
}

func (d *day) list() {
	for _, f := range d.box.visible(top) {
		d.keys = append(d.keys, d.box.keys(f)...)
	}
}

// pick takes a message that nothing happened to yet.
func (d *day) pick() (*message, bool) {
	if len(d.keys) == 0 {
		return nil, false
	}
	i, last := d.source.N(len(d.keys)), len(d.keys)-1
	k := d.keys[i]
	d.keys[i] = d.keys[last]
	d.keys = d.keys[:last]
	return d.box.touch(k), true
}

func (d *day) event(turn int) {
	if turn < 4 {
		d.arrive()
		return
	}
	m, ok := d.pick()
	switch {
	case !ok:
	case turn < 8:
		d.update(m, turn)
	case turn == 8:
		d.move(m)
	default:
		d.box.remove(m, false, d.now)
		d.changes.Deleted++
	}
}

// arrive puts a new mail into the inbox, or into the sent items.
func (d *day) arrive() {
	folder := uint32(2)
	if d.source.N(4) == 0 {
		folder = 3
	}
	l := d.box.newLetter(&d.source, folder == 3, d.now)
	d.box.add(l, state{read: folder == 3, importance: "normal", flag: flag{status: "notFlagged"}}, nil, folder, d.now)
	d.changes.Created++
}

func (d *day) update(m *message, turn int) {
	before := m.state
	m.onlyRead = false
	switch turn {
	case 4, 5:
		m.state.read, m.onlyRead = !m.state.read, true
	case 6:
		m.state.flag = flag{status: map[string]string{"notFlagged": "flagged", "flagged": "complete", "complete": "notFlagged"}[m.state.flag.status]}
	case 7:
		m.state.categories = []string{seed.Pick(&d.source, categoryNames), fmt.Sprintf("Day %d", d.source.N(1000))}
	}
	d.box.changes(m, before, d.now)
	d.changes.Updated++
}

func (d *day) move(m *message) {
	folders := d.box.visible(top)
	to := folders[d.source.N(len(folders))]
	if to.number == m.folder {
		to = d.box.folders[2]
	}
	d.box.take(m)
	d.box.put(m, to.number, d.now)
	d.changes.Moved++
}

// newLetter makes a mail of now up: shaped as the made-up ones, but kept.
func (b *box) newLetter(source *seed.Source, own bool, now time.Time) *letter.Letter {
	now = now.UTC().Truncate(time.Second)
	l := &letter.Letter{Received: now, Sent: now, Class: "IPM.Note", Importance: "normal", HTML: source.Chance(0.85), Conversation: source.Uint64()}
	l.MessageID = "<" + source.GUID() + "@" + b.store.config.Domain + ">"
	b.madePeople(l, source, own)
	l.Subject = b.madeSubject(source)
	if source.Chance(0.2) {
		b.attach(l, b.madeFile(source, seed.Pick(source, fileKinds)))
	}
	b.madeBody(l, source)
	return l
}
