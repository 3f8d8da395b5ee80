package directory

import (
	"maps"
	"time"
)

// moment is when a change can be read.
type moment struct {
	sequence uint64
	at       time.Time
}

// SetDelay says how long it takes until a change can be read: reads come from copies that lag
// behind (https://learn.microsoft.com/entra/architecture/architecture). A new object is not found
// until then, also as a member; a changed one shows its old properties.
func (s *Store) SetDelay(delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = delay
}

// spread keeps what readers see until a change that is about to happen has spread.
func (s *Store) spread(o *object) {
	if s.delay == 0 {
		return
	}
	now := s.config.Now()
	if o.stale == nil || !now.Before(o.fresh) {
		o.stale = maps.Clone(o.props)
	}
	o.fresh = now.Add(s.delay)
}

// seen are the properties that a reader gets.
func (s *Store) seen(o *object) map[string]any {
	if o.stale != nil && s.config.Now().Before(o.fresh) {
		return o.stale
	}
	return s.properties(o)
}

// visible tells whether a reader finds an object.
func (s *Store) visible(o *object) bool { return o.removed == "" && !s.young(o.born) }

func (s *Store) young(since time.Time) bool {
	return s.delay > 0 && !since.IsZero() && s.config.Now().Before(since.Add(s.delay))
}

// see finds an object of a kind for a reader.
func (s *Store) see(kind Kind, id string) (*object, error) {
	o, err := s.get(kind, id)
	if err == nil && !s.visible(o) {
		return nil, notFound(id)
	}
	return o, err
}

// membersOf are the members that a reader sees.
func (s *Store) membersOf(group *object) []string {
	if s.delay == 0 {
		return group.members
	}
	var members []string
	for _, id := range group.members {
		if o := s.find(id); !s.young(group.since[id]) && o != nil && s.visible(o) {
			members = append(members, id)
		}
	}
	return members
}

// readable is the last change that readers know of.
func (s *Store) readable() uint64 {
	now := s.config.Now()
	for _, m := range s.spreading {
		if now.Before(m.at) {
			return m.sequence - 1
		}
	}
	return s.sequence
}

// settle forgets changes that have spread.
func (s *Store) settle(now time.Time) {
	n := 0
	for n < len(s.spreading) && !now.Before(s.spreading[n].at) {
		n++
	}
	s.spreading = s.spreading[n:]
}
