package vault

import (
	"io"
	"time"
)

// Root is the container that holds the containers: a mailbox's folders are items of Root, and
// the id of such an item is the container id of what is in it.
const Root = ""

// Ref names an item of a unit. Both ids are opaque; together at most 4,096 bytes.
type Ref struct {
	Container string // the container's id; [Root] for the containers themselves
	ID        string
}

// Kind says what an item is. The numbers stand in stored rows and never change.
type Kind uint8

// The kinds of items.
const (
	KindOther   Kind = 0
	KindFolder  Kind = 1
	KindMessage Kind = 2
	KindFile    Kind = 3
	KindEvent   Kind = 4
	KindContact Kind = 5
	KindList    Kind = 6 // an item of a SharePoint list
	KindChat    Kind = 7 // a message of a chat or channel
)

// Meta is what is known of an item without opening it. It is kept in the catalog, so listing and
// searching read no content.
type Meta struct {
	Ref
	Kind       Kind
	Name       string            // what a person sees in a list: subject, file name, folder name
	Parent     string            // id of the item's parent where that is not its container
	Size       int64             // size as the source states it
	Modified   time.Time         // last change as the source states it; zero if unknown
	Columns    map[string]string // list and search columns: "from", "to", "path"...
	Attributes []byte            // small opaque bytes of the workload, up to 64 KiB
}

// Item is what [Session.Put] stores.
type Item struct {
	Meta
	Parts []Part // in order; names are unique within an item
}

// Part is one named piece of an item's content. Exactly one of Data, Body and Reuse is set; a
// part with none is empty.
type Part struct {
	Name  string
	Data  []byte    // the bytes; not kept after Put returns
	Body  io.Reader // a stream, read once to its end, in bounded memory
	Size  int64     // of Body, if known: a stream of another length is fault.Transient; 0 = unknown
	Reuse *Ref      // the part of that name of this item as the session sees it: nothing is read
}

// Entry is an item as a snapshot holds it.
type Entry struct {
	Meta
	Seq   uint64 // the head that wrote this version
	Parts []PartInfo

	contents []content // where the parts are, parallel to Parts
}

// PartInfo describes a stored part; [View.Open] gives its bytes.
type PartInfo struct {
	Name string
	Size int64
}

// Change is what a Put did.
type Change uint8

// What a Put did.
const (
	Unchanged Change = iota // identical to what the vault holds: nothing was written
	Added
	Changed
	Deleted // only in differences between snapshots
)

// Failure is an item that could not be backed up. It stays on record until the item is put or
// deleted, and a snapshot with failures is partial.
type Failure struct {
	Ref
	Kind     string    // the fault kind's text: "not found", "permission"...
	Reason   string    // a sentence for people, without content
	Attempts int       // runs in which it failed
	Since    time.Time // when it failed first
}
