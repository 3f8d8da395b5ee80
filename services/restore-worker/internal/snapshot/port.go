package snapshot

import (
	"context"
	"io"
	"iter"
	"time"
)

// Archive is where the snapshots are.
type Archive interface {
	// Snapshots lists the snapshots of a resource, oldest first.
	Snapshots(ctx context.Context, resource Resource) ([]Info, error)

	// Open opens the snapshot of an id, the newest for "latest"; fault.NotFound, fault.Invalid.
	Open(ctx context.Context, resource Resource, id string) (Reader, error)
}

// Info is what is known of a snapshot without looking into it.
type Info struct {
	ID                      string
	Time                    time.Time
	Items, Failed           int64 // that it holds; that could not be read when it was made
	Added, Changed, Deleted int64 // against the one before
	BytesStored             int64
	Complete                bool
}

// Reader reads one snapshot. It may be used by several goroutines. Iterators end with the first
// error, which they yield.
type Reader interface {
	// Info says which snapshot it is.
	Info() Info

	// Folders yields every folder, in any order.
	Folders(ctx context.Context) iter.Seq2[Folder, error]

	// Items yields what is directly in any of these folders, and what could not be read when the
	// snapshot was made. It costs one pass, however many folders they are.
	Items(ctx context.Context, folders map[string]bool) iter.Seq2[Item, error]

	// In yields the same of one folder, in the order of ids, beginning after one; "" for all. It reads
	// no further than it is asked to.
	In(ctx context.Context, folder, after string) iter.Seq2[Item, error]

	// Item returns the item of that id, also one that is missing; fault.NotFound.
	Item(ctx context.Context, id string) (Item, error)

	// Search yields the items in whose title, sender or recipients every word of query occurs.
	Search(ctx context.Context, query string) iter.Seq2[Item, error]

	// Open streams a part. Damage shows as an error of Read.
	Open(ctx context.Context, item Item, part string) (io.ReadCloser, error)

	// OpenFolder streams what the source said about a folder; NotFound if that was not kept.
	OpenFolder(ctx context.Context, id string) (io.ReadCloser, error)
}
