package subscription

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Config is what subscriptions look things up in.
type Config struct {
	Seed    uint64
	Tenant  string
	Now     func() time.Time
	Client  *http.Client                   // that posts; the default one with Graph's time limits if nil
	Retry   time.Duration                  // before a notice is posted again, doubled each time; 10 s if zero
	Resolve func(user string) string       // object id
	Owner   func(drive string) string      // object id of a drive's owner
	Folder  func(user, name string) string // id of a mail folder
}

// Store is all subscriptions.
type Store struct {
	Config
	life    context.Context // of what is posted: until Close
	end     context.CancelFunc
	posting sync.WaitGroup

	mu      sync.Mutex
	count   uint64
	byID    map[string]*subscription
	order   []string
	closed  bool
	pending int // notices that wait or are being posted
}

// subscription is one of them.
type subscription struct {
	id, app              string
	changeType, resource string
	address, lifecycle   string
	state                string // clientState
	expires              time.Time
	target               target
	immutable            bool // notices name messages by their immutable id
	security             bool // of a drive: also changes of sharing
	paused               bool // waits to be reauthorized

	queue   [][]byte
	posting bool
	sent    int
	lost    int
}

// New makes an empty store. It has to be closed.
func New(config Config) *Store {
	if config.Client == nil {
		config.Client = &http.Client{}
	}
	if config.Retry == 0 {
		config.Retry = 10 * time.Second
	}
	s := &Store{Config: config, byID: map[string]*subscription{}}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// Close stops posting and waits for what is under way.
func (s *Store) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.posting.Wait()
}

// live finds a subscription of an application; those that have expired are forgotten. The store
// has to be locked.
func (s *Store) live(id, app string) *subscription {
	s.expire()
	found := s.byID[strings.ToLower(id)]
	if found == nil || found.app != app {
		return nil
	}
	return found
}

func (s *Store) expire() {
	now := s.Now()
	s.order = slices.DeleteFunc(s.order, func(id string) bool {
		over := !now.Before(s.byID[id].expires)
		if over {
			delete(s.byID, id)
		}
		return over
	})
}

func (s *Store) forget(id string) {
	delete(s.byID, id)
	s.order = slices.DeleteFunc(s.order, func(other string) bool { return other == id })
}

// Wants tells whether anybody listens to a kind.
func (s *Store) Wants(kind event.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.byID {
		if one.target.kind == kind {
			return true
		}
	}
	return false
}

// Tell posts a change to those who subscribed to it.
func (s *Store) Tell(e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	for _, id := range s.order {
		one := s.byID[id]
		known := one.target.kind == event.Drive && len(one.queue) > 0 // a notice of a drive says no more than that it changed
		if !one.paused && !known && one.concerns(e) {
			s.enqueue(one, s.notice(one, e))
		}
	}
}

// Routes are the calls about subscriptions. What a resource takes is checked when it is known.
func (s *Store) Routes() []wire.Route {
	const one = "/subscriptions/{subscription}"
	routes := []wire.Route{
		{Method: "POST", Path: "/subscriptions", Class: change, Serve: s.create},
		{Method: "GET", Path: "/subscriptions", Class: "list", Serve: s.list},
		{Method: "GET", Path: one, Class: "read", Serve: s.read},
		{Method: "PATCH", Path: one, Class: change, Serve: s.renew},
		{Method: "DELETE", Path: one, Class: change, Serve: s.remove},
		{Method: "POST", Path: one + "/reauthorize", Class: "reauthorize", Serve: s.reauthorize},
	}
	for i := range routes {
		routes[i].Service = wire.Subscriptions
	}
	return routes
}

const change = "change"
