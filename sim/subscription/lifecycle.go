package subscription

import (
	"fmt"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var lifecycleEvents = []string{"reauthorizationRequired", "subscriptionRemoved", "missed"}

// Lifecycle lets something happen to a subscription, or to all if id is empty, and says so to its
// lifecycle address.
func (s *Store) Lifecycle(id, what string) error {
	if !slices.Contains(lifecycleEvents, what) {
		return fmt.Errorf("event %q: one of %q", what, lifecycleEvents)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != "" && s.byID[id] == nil {
		return fmt.Errorf("subscription %q is not there", id)
	}
	for _, other := range slices.Clone(s.order) {
		if id != "" && id != other {
			continue
		}
		one := s.byID[other]
		s.lifecycle(one, what)
		switch what {
		case "reauthorizationRequired":
			one.paused = true
		case "subscriptionRemoved":
			s.forget(other)
		}
	}
	return nil
}

// lifecycle posts a lifecycle notice, if the subscription has an address for them. The store has
// to be locked.
func (s *Store) lifecycle(one *subscription, what string) {
	if one.lifecycle == "" || s.closed {
		return
	}
	notice := wire.AppendValue(nil, s.framed(one, map[string]any{"lifecycleEvent": what}))
	address := one.lifecycle
	s.pending++
	s.posting.Go(func() {
		s.deliver(address, [][]byte{notice})
		s.mu.Lock()
		defer s.mu.Unlock()
		s.pending--
	})
}

// State is how one subscription fares.
type State struct {
	ID       string `json:"id"`
	Resource string `json:"resource"`
	Waiting  int    `json:"waiting"`
	Sent     int    `json:"sent"`
	Lost     int    `json:"lost"`
	Paused   bool   `json:"paused,omitempty"`
}

// States tells how all subscriptions fare, and how many notices are under way.
func (s *Store) States() (states []State, pending int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	states = []State{}
	for _, id := range s.order {
		one := s.byID[id]
		states = append(states, State{one.id, one.resource, len(one.queue), one.sent, one.lost, one.paused})
	}
	return states, s.pending
}
