package mailbox

import (
	"context"
	"io"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Source is a mailbox. Errors: fault.Precondition (there is no such mailbox), Permission, Throttled,
// Transient and so on concern all of it; NotFound concerns what was asked for.
type Source interface {
	// Folders reads the whole tree, hidden folders included.
	Folders(ctx context.Context) ([]Folder, error)
	// Changes calls each for what changed in a folder since the link ("" for everything), and page
	// after each page with the link that the reading can be resumed at. It returns the link of the
	// next round; "" means that there is none to be had and everything was reported. A message may
	// come more than once, the last time counts. fault.Resync: the link is of no use any more.
	Changes(ctx context.Context, folder m365.FolderID, link string, each func(Change) error, page func(next string) error) (string, error)
	// Message reads one message with its attachments.
	Message(ctx context.Context, id m365.ItemID) (Change, error)
	// MIME reads one message as RFC 5322 text.
	MIME(ctx context.Context, id m365.ItemID) (io.ReadCloser, error)
}

// Folder is a mail folder.
type Folder struct {
	ID, Parent m365.FolderID
	Name       string
	WellKnown  string // inbox, sentitems...; "" for people's own
	Hidden     bool
	Messages   int
	JSON       []byte // as served
}

// Change is a message that came, changed or went. What it holds is valid until the call that it was
// handed to returns.
type Change struct {
	ID          m365.ItemID
	Removed     bool
	Folder      m365.FolderID // that it is in, where Message read it
	Subject     string
	From, To    string
	Date        time.Time
	JSON        []byte // as served
	Attachments []Attachment
	MIME        bool  // JSON does not carry all of it: keep the MIME as well
	Err         error // attachments that could not be had; the rest is whole
}

// Attachment is one attachment of a message.
type Attachment struct {
	JSON    []byte
	Content []byte                                           // of a file, where it is not in JSON
	Open    func(ctx context.Context) (io.ReadCloser, error) // the content of a large one; else nil
}
