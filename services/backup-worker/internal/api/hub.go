package api

import (
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// topic is a job, or a restore, by its id.
type topic struct {
	connection m365.ConnectionID
	id         string
}

// hub tells those who watch something that it has changed; what it is now they read themselves.
type hub struct {
	mu       sync.Mutex
	watchers map[topic]map[chan struct{}]bool
}

func newHub() *hub { return &hub{watchers: map[topic]map[chan struct{}]bool{}} }

// watch returns a channel that gets a token after changes; several changes may be one token.
func (h *hub) watch(t topic) (changed <-chan struct{}, stop func()) {
	signal := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[t] == nil {
		h.watchers[t] = map[chan struct{}]bool{}
	}
	h.watchers[t][signal] = true
	return signal, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.watchers[t], signal); len(h.watchers[t]) == 0 {
			delete(h.watchers, t)
		}
	}
}

func (h *hub) tell(t topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for signal := range h.watchers[t] {
		select {
		case signal <- struct{}{}:
		default: // it has one that it did not look at yet
		}
	}
}
