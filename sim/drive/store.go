package drive

import (
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/blob"
	"github.com/tenantkeep/tenantkeep/sim/directory"
	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config says what drives hold.
type Config struct {
	Seed      uint64
	Files     int // made up per drive
	Domain    string
	Machine   string // its name in pre-authenticated addresses; the one that the client uses if empty
	Directory *directory.Store
	Now       func() time.Time
	Events    event.Sink // nil: nobody is told of changes
	Spool     string     // directory for what is uploaded; the system's temporary one if empty
}

// quota is what a drive holds: 1 TB, OneDrive's default.
const quota = 1 << 40

// Store is all drives.
type Store struct {
	config  Config
	pool    func() *prose.Pool
	spool   *blob.Spool
	uploads uploads

	mu          sync.Mutex
	drives      map[string]*drive // by object id of the user
	given       map[string]string // folders of this machine to start with, by user
	generations map[string]int    // how often delta tokens were made worthless; "": of all users
	turn        uint64            // counts uses of drives
}

// New makes the drives of a tenant.
func New(config Config) *Store {
	s := &Store{config: config, spool: blob.NewSpool(config.Spool), drives: map[string]*drive{}, given: map[string]string{}, generations: map[string]int{}}
	s.pool = sync.OnceValue(func() *prose.Pool { return prose.New(config.Seed) })
	return s
}

// Host is the pre-authenticated host of contents and upload sessions, served as a first path
// segment: contoso-my.sharepoint.com.
func (s *Store) Host() string {
	tenant, _, _ := strings.Cut(s.config.Domain, ".")
	return tenant + "-my.sharepoint.com"
}

// open returns the drive that the path of a call names, by user or by drive id.
func (s *Store) open(c *wire.Call) (*drive, error) {
	if c.Quirk("locked-site") {
		return nil, &wire.Error{Status: 423, Code: "notAllowed", Message: "Access to this site has been blocked. Please contact the administrator to resolve this problem."}
	}
	user, asked := c.Param("user"), c.Param("drive")
	if user == "" {
		if user = s.Owner(asked); user == "" {
			return nil, wire.BadRequest("invalidRequest", "The provided drive id appears to be malformed, or does not represent a valid drive.")
		}
	}
	person, known := s.config.Directory.Person(user)
	switch {
	case !known && asked == "":
		return nil, wire.NotFound("ResourceNotFound", "User not found")
	case !known:
		return nil, itemNotFound()
	case !s.config.Directory.Licensed(person.ID, directory.SharePoint):
		return nil, wire.NotFound("ResourceNotFound", "User's mysite not found.")
	}
	if c.Route.Writes() {
		return s.keep(person), nil
	}
	return s.drive(person), nil
}

// fill makes a drive with its content.
func (s *Store) fill(person directory.Person) *drive {
	d := &drive{store: s, owner: person, id: s.driveID(person.ID), items: map[uint64]*item{}, generation: s.generations[person.ID] + s.generations[""]}
	source := seed.New(s.config.Seed, seed.Text("drive"), seed.Text(person.ID))
	d.seed = source.Uint64()
	d.root = d.add(nil, "root", nil, dates{epoch, epoch}, epoch)
	if folder, loaded := s.given[person.ID]; loaded {
		d.load(folder)
		d.kept = true // the folder may be another one by the time that it would be listed again
	} else if person.Index >= 0 {
		d.generate(s.config.Files)
	}
	return d
}

func itemNotFound() *wire.Error {
	return wire.NotFound("itemNotFound", "The resource could not be found.")
}
