package control

import "net/http"

// notifications answers GET /sim/notifications: how subscriptions fare, and what is under way.
func (s *Server) notifications(*http.Request) (any, error) {
	states, pending := s.Subscriptions.States()
	return map[string]any{"subscriptions": states, "pending": pending}, nil
}

// lifecycle answers POST /sim/lifecycle {event, subscription}: it happens to one subscription, or to
// all.
func (s *Server) lifecycle(r *http.Request) (any, error) {
	var given struct {
		Event        string `json:"event"` // reauthorizationRequired, subscriptionRemoved, missed
		Subscription string `json:"subscription"`
	}
	if err := decode(r, &given); err != nil {
		return nil, err
	}
	return given, s.Subscriptions.Lifecycle(given.Subscription, given.Event)
}
