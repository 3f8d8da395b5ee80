package snapshot

import (
	"time"
)

// Kind says what an item is.
type Kind uint8

// The kinds.
const (
	Other Kind = iota
	Message
	File
)

// Top is the id of the folder that everything is in. It is no folder of the tree.
const Top = ""

// Folder is a folder of a snapshot.
type Folder struct {
	ID        string
	Parent    string // Top if it is not in another
	Name      string
	WellKnown string // inbox, sentitems...; empty for the folders that people make
	Hidden    bool
	Modified  time.Time // as the source states it; zero if it does not
}

// Item is a message or a file of a snapshot. It is without its bytes.
type Item struct {
	ID          string
	Folder      string // id of the folder that it is in, or Top
	Kind        Kind
	Title       string // subject or file name
	Sender      string // address; empty for what nobody sent
	Time        time.Time
	Size        int64
	Attachments bool
	Version     string // differs for two versions of one item
	Parts       []Part
	Hash        string   // of a file, as the source states it; empty if it does not
	Problem     *Problem // set if it could not be read when the snapshot was made; then it has no parts
	Handle      any      // the reader's own, to find the item again
}

// Part is one named piece of an item's bytes.
type Part struct {
	Name string
	Size int64
}

// Has tells whether the item has a part of that name.
func (i Item) Has(part string) bool {
	for _, p := range i.Parts {
		if p.Name == part {
			return true
		}
	}
	return false
}

// Problem is why an item is missing from a snapshot.
type Problem struct {
	Reason string // stable code
	Cause  string
}
