package snapshot

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
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
	Problem   *Problem  // set if not all that is in it could be read when the snapshot was made
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
	Problem     *Problem // set if it could not be read, or not whole, when the snapshot was made
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

// Missing tells whether the snapshot holds nothing of the item: then it has no parts.
func (i Item) Missing() bool { return i.Problem != nil && !i.Problem.Held }

// Problem is why an item is missing from a snapshot, or what of it is.
type Problem struct {
	Reason string // stable code
	Cause  string
	Held   bool // the snapshot holds some of it
}

// Reasons of problems.
const (
	NotBackedUp      = "NOT_BACKED_UP"
	Incomplete       = "INCOMPLETE"        // a part is missing: an attachment that could not be opened
	OlderVersion     = "OLDER_VERSION"     // the newest version could not be read, the one before is there
	FolderIncomplete = "FOLDER_INCOMPLETE" // what is in the folder could not be read, or not all of it
)

// Shortfall is a problem as an error for those who give the item back: what the snapshot holds is
// given, and this says what it is not. It is nil for an item that is whole or missing.
func (p *Problem) Shortfall() error {
	if p == nil || !p.Held {
		return nil
	}
	return fault.New(fault.NotFound, "read snapshot", shortfalls[p.Reason]+": "+p.Cause, fault.Reason(p.Reason), fault.Next(p.Next()))
}

var shortfalls = map[string]string{
	Incomplete:       "the snapshot holds the item without a part that could not be read",
	OlderVersion:     "the snapshot holds an earlier version of the item, since the newest could not be read",
	FolderIncomplete: "the snapshot may lack items of the folder",
}

// Next is what a person can do about it.
func (p *Problem) Next() string {
	if p.Held {
		return "look into an earlier snapshot, which may hold it whole; or back the resource up again, which reads first what failed, and restore that with --conflict replace"
	}
	return "back the resource up again: what failed is read first; an earlier snapshot may hold the item"
}
