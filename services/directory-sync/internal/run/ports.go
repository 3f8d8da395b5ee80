package run

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// PersonNews is a person as Entra has it now.
type PersonNews struct {
	Person directory.Person
	Gone   bool // deleted; only the id is set
}

// GroupNews is what changed in a group. A large group comes in several parts.
type GroupNews struct {
	Group  m365.GroupID
	Gone   bool
	Joined []m365.UserID
	Left   []m365.UserID
}

// Source reads one tenant. Errors are faults; Resync says that the link is lost.
type Source interface {
	// People calls each for all that changed since link ("": everything), and returns the next link.
	// It returns an error unless it has seen the last page.
	People(ctx context.Context, link string, each func(PersonNews) error) (next string, err error)
	// Members does the same for the direct members of at most 50 groups; with a link they must be
	// those that it was begun with.
	Members(ctx context.Context, groups []m365.GroupID, link string, each func(GroupNews) error) (next string, err error)
	// Person looks one up by object id, principal name or address; NotFound if there is none.
	Person(ctx context.Context, key string) (directory.Person, error)
}

// Sources opens the source of a connection.
type Sources interface {
	Open(ctx context.Context, connection m365.ConnectionID) (Source, error)
}

// Directory is where our users and mappings are.
type Directory interface {
	Rules(connection m365.ConnectionID) directory.Rules
	Users(connection m365.ConnectionID) map[m365.UserID]directory.User
	// User is one of them; zero if there is none of that id.
	User(connection m365.ConnectionID, id m365.UserID) directory.User
	// Active counts those who are active.
	Active(connection m365.ConnectionID) int
	// Cursor is where the last sync ended; zero before the first.
	Cursor(ctx context.Context, connection m365.ConnectionID) (Cursor, error)
	// Mirror is what was read up to the cursor; Resync if it was lost. With ids it may be only as much
	// of it as knows about those.
	Mirror(ctx context.Context, connection m365.ConnectionID, cursor Cursor, ids ...m365.UserID) (*directory.Mirror, error)
	// Lease gives this run the right to write; Conflict with reason SYNC_RUNNING if another has it.
	Lease(ctx context.Context, connection m365.ConnectionID, run Run) (Lease, error)
	// Edit changes one user at once, outside of a sync; the zero User is passed for one that is new.
	Edit(ctx context.Context, connection m365.ConnectionID, id m365.UserID, run Run, edit func(directory.User) Planned) error
}

// Run is who writes, for what reason.
type Run struct {
	ID    string
	Actor string
}

// Lease is the right to write, until it is released or lost.
type Lease interface {
	// Context ends when the lease is lost.
	Context() context.Context
	// Write makes the changes durable. A user whom somebody changed meanwhile is decided about again.
	// What can never be written is returned; any other trouble ends the run.
	Write(changes []Planned, again func(m365.UserID, directory.User) directory.Change) ([]Failure, error)
	// Save writes what was touched of the mirror and then the cursor, unless the cursor is not the one
	// that was read. Whole says that the mirror is all there is.
	Save(mirror *directory.Mirror, cursor Cursor, whole bool) error
	Release()
}

// Planned is a change and why it is made.
type Planned struct {
	directory.Change
	Reason string
}

// Failure is a user that was left as it was.
type Failure struct {
	User m365.UserID
	Err  error
}
