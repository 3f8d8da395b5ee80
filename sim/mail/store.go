package mail

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config says what mailboxes hold.
type Config struct {
	Seed      uint64
	Mails     int // made up per mailbox
	Domain    string
	Directory *directory.Store
	Now       func() time.Time
	Events    event.Sink // nil: nobody is told of changes
}

// Store is all mailboxes.
type Store struct {
	config  Config
	pool    func() *prose.Pool
	uploads uploads
	turns   atomic.Uint64 // of the quirk alternating-404

	mu    sync.Mutex
	boxes map[string]*box                // by object id of the user
	given map[string]map[string][]Loaded // content to start with instead of a made-up one
}

// Loaded is a message that a mailbox starts with.
type Loaded struct {
	Letter *letter.Letter
	Read   bool
	Flag   bool
	Draft  bool
}

// New makes the mailboxes of a tenant.
func New(config Config) *Store {
	s := &Store{config: config, boxes: map[string]*box{}, given: map[string]map[string][]Loaded{}}
	s.pool = sync.OnceValue(func() *prose.Pool { return prose.New(config.Seed) })
	return s
}

// Load gives a user's mailbox its content, by folder path below the root. It has to come before
// the mailbox is read.
func (s *Store) Load(user string, folders map[string][]Loaded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given[user] = folders
}

// open returns the mailbox of a user, or why there is none.
func (s *Store) open(c *wire.Call) (*box, error) {
	if c.Quirk("alternating-404") && s.turns.Add(1)%2 == 0 {
		return nil, wire.NotFound("ResourceNotFound", "Resource could not be discovered.")
	}
	person, known := s.config.Directory.Person(c.Param("user"))
	switch {
	case !known:
		return nil, wire.NotFound("ResourceNotFound", "Resource could not be discovered.")
	case c.Quirk("alternating-404"), !s.config.Directory.Licensed(person.ID, directory.Exchange):
		return nil, wire.NotFound("MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
	}
	return s.box(person), nil
}

func (s *Store) box(person directory.Person) *box {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boxes[person.ID] == nil {
		s.boxes[person.ID] = s.fill(person)
	}
	return s.boxes[person.ID]
}

// fill makes a mailbox with its folders, and content where it was loaded.
func (s *Store) fill(person directory.Person) *box {
	b := newBox(s, person)
	given, loaded := s.given[person.ID]
	mails := s.config.Mails
	if loaded || person.Index < 0 {
		mails = 0
	}
	b.makeFolders(mails)
	for path, messages := range given {
		b.load(path, messages)
	}
	b.quiet = false
	return b
}

func itemNotFound() error {
	return wire.NotFound("ErrorItemNotFound", "The specified object was not found in the store.")
}

func quotaExceeded() error {
	return &wire.Error{Status: http.StatusForbidden, Code: "ErrorQuotaExceeded", Message: "The process failed to get the correct properties. The mailbox has exceeded its quota."}
}

func hashOf(text string) uint64 {
	source := seed.New(seed.Text(text))
	return source.Uint64()
}
