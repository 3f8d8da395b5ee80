package drive

import (
	"context"
	"io"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Source is a user's drive. Errors: fault.Precondition (there is no drive), Permission, Throttled,
// Transient and so on concern all of it, except from Content.
type Source interface {
	// Find looks up which drive the user has now, and its root folder. Use goes on with one that is
	// known, without a call.
	Find(ctx context.Context) (id m365.DriveID, root m365.ItemID, err error)
	Use(id m365.DriveID)
	// Changes calls each for what changed since the link ("" for everything), and page after each
	// page with the link that the reading can be resumed at. It returns the link of the next round.
	// An item may come more than once, the last time counts. fault.Resync: the link is of no use any
	// more. fault.NotFound: there is no such drive.
	Changes(ctx context.Context, link string, each func(Change) error, page func(next string) error) (string, error)
	// Item reads one item.
	Item(ctx context.Context, id m365.ItemID) (Change, error)
	// Content opens the bytes of a file. A connection that breaks is replaced while it is read.
	Content(ctx context.Context, file Change) (io.ReadCloser, error)
}

// Change is an item that came, changed or went.
type Change struct {
	ID, Parent m365.ItemID // of Parent: "" for the root itself
	Name       string
	Root       bool
	Folder     bool // or a package, such as a notebook, whose files are items of their own
	File       bool
	Deleted    bool // name and parent may be missing
	Size       int64
	Hash, CTag string // what the content is known by; either may be missing
	Modified   time.Time
	JSON       []byte // as served, without the download address; valid until the call returns
	Address    string // where the content can be had for a while
}
