package directory

import "github.com/tenantkeep/tenantkeep/sim/event"

// tell says that an object changed. Whoever makes or deletes one is told of as an update, too:
// https://learn.microsoft.com/graph/api/resources/subscription
func (s *Store) tell(o *object, kind event.Type, members ...event.Member) {
	what := event.Kind(o.kind)
	if s.config.Events == nil || !s.config.Events.Wants(what) {
		return
	}
	if kind != event.Updated {
		s.config.Events.Tell(event.Event{Kind: what, Type: kind, ID: o.id})
	}
	s.config.Events.Tell(event.Event{Kind: what, Type: event.Updated, ID: o.id, Members: members})
}
