package subscription

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
const (
	validateWithin = 10 * time.Second
	answerWithin   = 3 * time.Second
	againWithin    = 10 * time.Second // from the second time on
	giveUpAfter    = 4 * time.Hour
	noticesAtOnce  = 20
)

// validate asks whether somebody at an address wants notices. No address is fine.
func (s *Store) validate(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	source := seed.New(s.Seed, seed.Text("validation"), uint64(s.Now().UnixNano()))
	token := "Validation: Testing client application reachability for subscription Request-Id: " + source.GUID()
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	ctx, cancel := context.WithTimeout(ctx, validateWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+separator+"validationToken="+url.QueryEscape(token), http.NoBody)
	if err != nil {
		return wire.BadRequest("InvalidRequest", "notificationUrl has to be an address.")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	reply, err := s.Client.Do(request)
	if err != nil {
		return refused("it did not answer within 10 seconds")
	}
	defer func() { _ = reply.Body.Close() }()
	echo, err := io.ReadAll(io.LimitReader(reply.Body, int64(len(token))+1))
	switch {
	case err != nil, string(echo) != token:
		return refused("it did not answer with the token")
	case reply.StatusCode != http.StatusOK:
		return refused("it answered with " + reply.Status)
	case !strings.HasPrefix(reply.Header.Get("Content-Type"), "text/plain"):
		return refused("it answered with another type than text/plain")
	}
	return nil
}

func refused(why string) error {
	return wire.BadRequest("ValidationError", "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request: "+why+".")
}

// notice words a change for a subscription.
func (s *Store) notice(one *subscription, e event.Event) []byte {
	s.count++
	source := seed.New(s.Seed, seed.Text("notice"), s.count)
	resource, data := one.resource, map[string]any{}
	switch e.Kind {
	case event.Message:
		id := e.ID
		if one.immutable {
			id = e.Immutable
		}
		resource = "Users/" + e.Owner + "/Messages/" + id
		data = map[string]any{"@odata.type": "#Microsoft.Graph.Message", "@odata.id": resource, "@odata.etag": e.Tag, "id": id}
	case event.Drive:
		data["@odata.type"] = "#Microsoft.Graph.DriveItem"
	case event.User, event.Group:
		resource = map[event.Kind]string{event.User: "Users/", event.Group: "Groups/"}[e.Kind] + e.ID
		kind := map[event.Kind]string{event.User: "User", event.Group: "Group"}[e.Kind]
		data = map[string]any{"@odata.type": "#Microsoft.Graph." + kind, "@odata.id": resource, "id": e.ID, "organizationId": s.Tenant}
		var members []any
		for _, m := range e.Members {
			member := map[string]any{"id": m.ID}
			if m.Removed {
				member["@removed"] = "deleted"
			}
			members = append(members, member)
		}
		if members != nil {
			data["members@delta"] = members
		}
	}
	return wire.AppendValue(nil, s.framed(one, map[string]any{"id": source.GUID(), "changeType": string(e.Type), "resource": resource, "resourceData": data}))
}

// framed adds what all notices have.
func (s *Store) framed(one *subscription, notice map[string]any) map[string]any {
	notice["subscriptionId"], notice["subscriptionExpirationDateTime"], notice["tenantId"] = one.id, one.expires, s.Tenant
	if one.state != "" {
		notice["clientState"] = one.state
	}
	return notice
}

// enqueue posts a notice behind those that wait. The store has to be locked.
func (s *Store) enqueue(one *subscription, notice []byte) {
	if s.closed {
		return
	}
	one.queue = append(one.queue, notice)
	s.pending++
	if !one.posting {
		one.posting = true
		s.posting.Go(func() { s.drain(one) })
	}
}

// drain posts what waits until nothing does.
func (s *Store) drain(one *subscription) {
	for {
		s.mu.Lock()
		n := min(len(one.queue), noticesAtOnce)
		if n == 0 {
			one.posting = false
			s.mu.Unlock()
			return
		}
		batch, address := one.queue[:n], one.address
		one.queue = one.queue[n:]
		s.mu.Unlock()
		arrived := s.deliver(address, batch)
		s.mu.Lock()
		s.pending -= n
		if arrived {
			one.sent += n
		} else if one.lost += n; one.target.kind == event.Message {
			s.lifecycle(one, "missed")
		}
		s.mu.Unlock()
	}
}

// deliver posts until somebody has taken it; it is false if nobody did in time.
func (s *Store) deliver(address string, notices [][]byte) bool {
	body := append(append([]byte(`{"value":[`), bytes.Join(notices, []byte{','})...), ']', '}')
	within, pause := answerWithin, s.Retry
	for waited := time.Duration(0); ; waited += pause / 2 {
		if s.post(address, body, within) {
			return true
		}
		if waited >= giveUpAfter || !s.wait(pause) {
			return false
		}
		within, pause = againWithin, 2*pause
	}
}

func (s *Store) wait(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-s.life.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (s *Store) post(address string, body []byte, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(s.life, within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	reply, err := s.Client.Do(request)
	if err != nil {
		return false
	}
	_ = reply.Body.Close() // only the status counts
	return reply.StatusCode >= 200 && reply.StatusCode < 300
}
