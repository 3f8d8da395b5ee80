package backup

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Root is the container of the containers.
const Root = ""

// Ref names an item: a container's id and its own. A mail folder is an item of Root and a container.
type Ref struct{ Container, ID string }

// Kind says what an item is.
type Kind int

// The kinds.
const (
	Folder Kind = iota
	Message
	File
	Other // something with no content of its own, such as a link to an item elsewhere
)

// Item is what is stored.
type Item struct {
	Ref
	Kind     Kind
	Name     string // subject, folder or file name
	Parent   string // id of the folder that it is in where that is not its container; "" at the top
	Size     int64
	Modified time.Time
	From, To string // of a message
	About    About
	Parts    []Part
}

// About is what is known of an item beside its name.
type About struct {
	WellKnown   string // of a mail folder
	Hidden      bool   // of a mail folder
	Attachments bool   // of a message
	Hash, CTag  string // of a file: what its content is known by
}

// Part is a piece of an item: bytes, a stream, or what is stored already.
type Part struct {
	Name string
	Data []byte
	Body io.Reader
	Size int64 // of Body; 0 if it is not known
	Keep bool  // keep what is stored under that name: nothing is read
}

// Stored is an item as the newest snapshot or checkpoint has it.
type Stored struct {
	Ref
	Kind   Kind
	Parent string
	Name   string
	Size   int64
	About  About
	Parts  []string
}

// Writer stores items.
type Writer interface {
	// Put stores an item. One that cannot be stored goes on record as failed, and that is no error;
	// an error means that the run is over. What is put again as it is costs nothing.
	Put(ctx context.Context, item Item) error
	// Delete removes an item; one that is not there is no error.
	Delete(ctx context.Context, ref Ref) error
	// DeleteContainer removes all items of a container and its link.
	DeleteContainer(ctx context.Context, container string) error
	// Fail puts an item on record as failed. What is stored of it stays.
	Fail(ctx context.Context, ref Ref, kind fault.Kind, reason string) error
}

// Links keeps where the reading of a container stands.
type Links interface {
	// Link returns what was kept; nil if nothing was.
	Link(ctx context.Context, container string) ([]byte, error)
	// SetLink keeps bytes. Everything that was put before is durable no later than they are.
	SetLink(ctx context.Context, container string, link []byte) error
}

// Catalog shows what is stored.
type Catalog interface {
	// Failures are the items on record as failed, those of earlier runs at the beginning.
	Failures() []Ref
	// Items yields what a container holds now, this run's writes included, by id.
	Items(ctx context.Context, container string) iter.Seq2[Stored, error]
	// Lookup finds an item as it was when the run began.
	Lookup(ctx context.Context, ref Ref) (Stored, bool, error)
}

// Sink is where a run writes.
type Sink interface {
	Writer
	Links
	Catalog
}
