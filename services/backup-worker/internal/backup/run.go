package backup

import (
	"encoding/json"
	"hash/maphash"
	"sync/atomic"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Run says what kind of run it is.
type Run struct {
	ID      string // the same for every attempt
	Full    bool   // everything is read anew
	Lenient bool   // a container that cannot be read for a passing reason fails by itself: attempts run out
}

// Progress is how far a run is. It may be read while the run works.
type Progress struct {
	Items, Failed, Bytes atomic.Int64
	Total                atomic.Int64 // items; 0 as long as nobody knows
}

// Position is where the reading of a container stands, kept as its link.
type Position struct {
	Link  string `json:"link,omitempty"`  // of the next page, or of the next round of changes
	Again bool   `json:"again,omitempty"` // it is being read from the start, and what is not there then is deleted
	Run   string `json:"run,omitempty"`   // the full run that has read it anew
}

// ParsePosition reads a link; there is none in nil.
func ParsePosition(data []byte) (p Position, known bool, err error) {
	if data == nil {
		return Position{}, false, nil
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return Position{}, false, fault.As(fault.Internal, "read position", err)
	}
	return p, true, nil
}

// Marshal makes the bytes of a link.
func (p Position) Marshal() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	return data
}

// Seen remembers which items of a container came by. It keeps 8 bytes each, since a folder may have
// a million: two ids of the same hash would keep one deleted item alive, once in 10^7 such folders.
type Seen struct {
	seed maphash.Seed
	ids  map[uint64]struct{}
}

// NewSeen has seen nothing.
func NewSeen() *Seen { return &Seen{seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}} }

// Add notes that an item is there. On nil it does nothing.
func (s *Seen) Add(id string) {
	if s != nil {
		s.ids[maphash.String(s.seed, id)] = struct{}{}
	}
}

// Remove notes that an item is not there after all. On nil it does nothing.
func (s *Seen) Remove(id string) {
	if s != nil {
		delete(s.ids, maphash.String(s.seed, id))
	}
}

// Has tells whether an item came by.
func (s *Seen) Has(id string) bool {
	_, seen := s.ids[maphash.String(s.seed, id)]
	return seen
}
