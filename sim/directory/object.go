package directory

import (
	"maps"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
)

// Kind is a type of directory object.
type Kind string

// The kinds that the directory has.
const (
	User  Kind = "user"
	Group Kind = "group"
)

// object is one directory object. Its properties are nil until somebody changes them.
type object struct {
	id      string
	kind    Kind
	index   int // in the generated population; -1 if it was created by a call
	changed uint64
	removed string // why it is gone: "changed" = in the recycle bin, "deleted" = for good
	props   map[string]any
	touched map[string]uint64 // when a property was last changed
	deleted time.Time
	groups  []string // that it was in when it was deleted

	born  time.Time      // when a call created it
	stale map[string]any // what readers see until the last change has spread
	fresh time.Time      // when that is

	members []string             // of a group, in order of joining
	joined  map[string]uint64    // member -> change that added it, or removed it if it is no member
	since   map[string]time.Time // member -> when a call added it; for what has not spread yet
}

func (o *object) isMember(id string) bool {
	for _, member := range o.members {
		if member == id {
			return true
		}
	}
	return false
}

// entry is a line of the log. It counts only while the object's own number agrees.
type entry struct {
	sequence uint64
	object   *object
}

// population holds the objects of one kind.
type population struct {
	order []*object // by creation
	byID  map[string]*object
	log   []entry // ascending sequence
	live  int
}

func newPopulation() *population { return &population{byID: map[string]*object{}} }

func (p *population) add(o *object, sequence uint64) {
	p.order = append(p.order, o)
	p.byID[o.id] = o
	p.live++
	p.note(o, sequence)
}

// note records a change, and drops outdated lines once they are the majority.
func (p *population) note(o *object, sequence uint64) {
	o.changed = sequence
	p.log = append(p.log, entry{sequence, o})
	if len(p.log) < 2*len(p.order)+1024 {
		return
	}
	kept := p.log[:0]
	for _, line := range p.log {
		if line.object.changed == line.sequence {
			kept = append(kept, line)
		}
	}
	p.log = kept
}

// properties returns what is known of an object; the caller must not change it.
func (s *Store) properties(o *object) map[string]any {
	switch {
	case o.props != nil:
		return o.props
	case o.kind == User:
		return s.generatedUser(o.index, o.id)
	}
	return s.generatedGroup(o.index, o.id)
}

// set changes properties and notes which ones.
func (s *Store) set(o *object, changes map[string]any) {
	if o.props == nil {
		o.props = s.properties(o)
	}
	if o.touched == nil {
		o.touched = map[string]uint64{}
	}
	s.spread(o)
	maps.Copy(o.props, changes)
	sequence := s.advance()
	for name := range changes {
		o.touched[name] = sequence
	}
	s.kinds[o.kind].note(o, sequence)
	if o.removed == "" {
		s.tell(o, event.Updated)
	}
}
