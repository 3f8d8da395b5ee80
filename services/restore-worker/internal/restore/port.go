package restore

import (
	"context"
	"io"

	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Target is the mailbox or drive that is restored to. Apart from Prepare, its methods are called by several
// goroutines at a time; what Folder made sure of and what Create put in, later calls see. Errors are
// of package fault; Transient means that a call may have done its work.
type Target interface {
	// Prepare is called first, with how much is to come: a target may then read all that it has at
	// once instead of asking for each item.
	Prepare(ctx context.Context, expected Expected) error

	// Folder returns the id of a folder, and makes it if it is not there.
	Folder(ctx context.Context, wanted Wanted) (id string, err error)

	// Find returns what the target has that may be the same item. again means that the target was
	// changed since Prepare, perhaps: what it knows is not enough.
	Find(ctx context.Context, job Job, again bool) ([]Found, error)

	// Create puts an item in, marked with job.Mark, and takes away what it is put in the place of.
	Create(ctx context.Context, job Job, instead []Found) error

	// Complete finishes what an interrupted restore began: it adds what is missing to mine, and takes
	// away what that is put in the place of.
	Complete(ctx context.Context, job Job, mine Found, instead []Found) error

	// RemoveDoubles leaves one of each item that a restore made more than once, the finished one if
	// there is one.
	RemoveDoubles(ctx context.Context, restore string) error
}

// Expected is what a restore will bring.
type Expected struct {
	Items int64
	Order Order
}

// Wanted is a folder that a target has to have.
type Wanted struct {
	Parent string          // id in the target; snapshot.Top for the top
	Name   string          // as people see it
	Source snapshot.Folder // what it is restored from; zero if it is only a place to put things
	Own    bool            // it is Source's own place: its well-known name and its id count
	// Open streams what the source said about Source; nil if there is none.
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Job is one item on its way.
type Job struct {
	Item   snapshot.Item
	Folder string // id in the target
	Order  Order
	Mark   Mark
	Open   func(ctx context.Context, part string) (io.ReadCloser, error)
}

// Found is something in the target that may be the same item.
type Found struct {
	ID   string // in the target
	Mark Mark   // zero if no restore made it
	Same bool   // it is as it was in the snapshot: putting it in again would change nothing
}
