package mail

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// key names a message in its mailbox: folder and index if it is made up, else 0 and a number.
type key uint64

func madeUp(folder uint32, index int) key { return key(folder)<<32 | key(index) }

func (k key) folder() uint32 { return uint32(k >> 32) }
func (k key) index() int     { return int(uint32(k)) }

// box is one mailbox.
type box struct {
	store *Store
	owner directory.Person
	seed  uint64
	hash  uint64 // in every id
	quiet bool   // it is being filled: nobody is told of changes

	mu         sync.RWMutex
	generation int
	sequence   uint64 // of the last change
	created    uint32 // messages made by calls
	folders    map[uint32]*folder
	order      []uint32
	changed    map[key]*message
	byID       map[string][]key // Internet message id -> changed messages
	byProperty map[string][]key // extended property and value -> changed messages
}

func newBox(s *Store, person directory.Person) *box {
	source := seed.New(s.config.Seed, seed.Text("mailbox"), seed.Text(person.ID))
	return &box{
		store: s, owner: person, seed: source.Uint64(), hash: hashOf(person.ID), quiet: true,
		folders: map[uint32]*folder{}, changed: map[key]*message{}, byID: map[string][]key{}, byProperty: map[string][]key{},
	}
}

// folder is a mail folder.
type folder struct {
	number, parent uint32
	name, known    string // display name, well-known name
	hidden         bool
	base           int // made-up messages
	unread         int
	members        map[key]*message // changed messages that are here
	absent         int              // made-up messages that are no longer as they were
	log            []line
	left           map[key]uint64 // messages that went away -> when
	changed        uint64
	gone           bool
	sorted         atomic.Pointer[[]key]
}

// line of a folder's log; it counts only while the message's own number agrees.
type line struct {
	sequence uint64
	key      key
}

func (f *folder) count() int { return f.base - f.absent + len(f.members) }

// message is what is known of a message that is not as it was made up.
type message struct {
	key      key
	folder   uint32
	state    state
	letter   *letter.Letter // nil: made up from the key
	sequence uint64         // of its last change in this folder
	entered  uint64         // when it came into this folder
	origin   uint64         // sequence before the last change; for replays
	onlyRead bool           // the last change concerned the read state alone
	extended map[string]string
}

// state is what can change on a message without making it another one.
type state struct {
	read, draft bool
	flag        flag
	categories  []string
	importance  string
	modified    time.Time
	version     uint64
}

// flag of a message; dates only if it was given some.
type flag struct {
	status               string // notFlagged, flagged, complete
	start, due, complete time.Time
}

func (b *box) pool() *prose.Pool { return b.store.pool() }

func (b *box) advance() uint64 {
	b.sequence++
	return b.sequence
}

// lookup returns folder and state of a message that is there.
func (b *box) lookup(k key) (uint32, state, *message, bool) {
	if m := b.changed[k]; m != nil {
		return m.folder, m.state, m, m.folder != 0
	}
	f := b.folders[k.folder()]
	if f == nil || k.index() < 1 || k.index() > f.base {
		return 0, state{}, nil, false
	}
	return f.number, b.madeState(k), nil, true
}

// content returns what a message consists of.
func (b *box) content(k key, m *message) *letter.Letter {
	if m != nil && m.letter != nil {
		return m.letter
	}
	return b.madeLetter(k)
}

// touch makes a message changeable and takes it out of the made-up ones of its folder.
func (b *box) touch(k key) *message {
	if m := b.changed[k]; m != nil {
		return m
	}
	f := b.folders[k.folder()]
	m := &message{key: k, folder: f.number, state: b.madeState(k), sequence: uint64(k.index())}
	b.changed[k] = m
	f.members[k] = m
	f.absent++
	f.sorted.Store(nil)
	return m
}

// changes notes that a message changed where it is. before is its state before the change.
func (b *box) changes(m *message, before state, now time.Time) {
	f := b.folders[m.folder]
	f.unread += unread(m.state) - unread(before)
	m.state.modified = now.UTC().Truncate(time.Second)
	m.state.version++
	m.origin, m.sequence = m.sequence, b.advance()
	f.log = append(f.log, line{m.sequence, m.key})
	f.sorted.Store(nil)
	b.tell(f, m, event.Updated)
}

// put brings a message into a folder: one that is new, or one that take removed elsewhere.
func (b *box) put(m *message, folder uint32, now time.Time) {
	f := b.folders[folder]
	m.folder, m.entered = folder, b.advance()
	m.sequence, m.onlyRead = m.entered, false
	m.state.modified = now.UTC().Truncate(time.Second)
	m.state.version++
	f.members[m.key] = m
	f.unread += unread(m.state)
	f.log = append(f.log, line{m.sequence, m.key})
	delete(f.left, m.key)
	f.sorted.Store(nil)
	b.tell(f, m, event.Created)
}

// take removes a message from its folder; folder 0 means that it is nowhere.
func (b *box) take(m *message) {
	f := b.folders[m.folder]
	delete(f.members, m.key)
	f.unread -= unread(m.state)
	f.left[m.key] = b.advance()
	f.log = append(f.log, line{f.left[m.key], m.key})
	f.sorted.Store(nil)
	b.tell(f, m, event.Deleted)
	m.folder = 0
}

func unread(s state) int {
	if s.read {
		return 0
	}
	return 1
}

// add makes a new message in a folder.
func (b *box) add(l *letter.Letter, s state, extended map[string]string, folder uint32, now time.Time) *message {
	b.created++
	m := &message{key: key(b.created), state: s, letter: l, extended: extended}
	b.changed[m.key] = m
	b.byID[l.MessageID] = append(b.byID[l.MessageID], m.key)
	for name, value := range extended {
		b.byProperty[name+"\x00"+value] = append(b.byProperty[name+"\x00"+value], m.key)
	}
	b.put(m, folder, now)
	return m
}

// forget drops a message for good.
func (b *box) forget(m *message) {
	b.take(m)
	m.letter, m.extended = nil, nil
}
