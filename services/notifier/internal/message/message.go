package message

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
)

// Collections of resource names.
const (
	Channels    = "channels/"
	Rules       = "rules/"
	Deliveries  = "deliveries/"
	Connections = "connections/"
)

// ID is the id in a name of that collection.
func ID(collection, name string) (string, error) {
	id, found := strings.CutPrefix(name, collection)
	if !found || id == "" || strings.ContainsAny(id, "/. *>") {
		return "", fault.New(fault.Invalid, "read name", "\""+name+"\" is no name in "+strings.TrimSuffix(collection, "/"),
			fault.Reason("NAME_MALFORMED"), fault.Next("give it as "+collection+"ID"))
	}
	return id, nil
}

// WriteChannel puts a channel into its message; revision and change note belong to the store.
func WriteChannel(c delivery.Channel, m *notifyv1.Channel) {
	m.Name, m.DisplayName = Channels+c.ID, c.Name
	switch {
	case c.Email != nil:
		m.Kind = &notifyv1.Channel_Email{Email: &notifyv1.Email{Server: c.Email.Server, From: c.Email.From, To: c.Email.To, Username: c.Email.Username}}
	case c.Webhook != nil:
		m.Kind = &notifyv1.Channel_Webhook{Webhook: &notifyv1.Webhook{Url: c.Webhook.URL}}
	}
}

// ReadChannel is the channel in a message.
func ReadChannel(m *notifyv1.Channel) delivery.Channel {
	c := delivery.Channel{ID: strings.TrimPrefix(m.GetName(), Channels), Revision: m.GetRevision(), Name: m.GetDisplayName()}
	if e := m.GetEmail(); e != nil {
		c.Email = &delivery.Email{Server: e.GetServer(), From: e.GetFrom(), To: e.GetTo(), Username: e.GetUsername()}
	}
	if w := m.GetWebhook(); w != nil {
		c.Webhook = &delivery.Webhook{URL: w.GetUrl()}
	}
	return c
}

// WriteRule puts a rule into its message.
func WriteRule(r delivery.Rule, m *notifyv1.Rule) {
	m.Name, m.Channel, m.Events = Rules+r.ID, Channels+r.Channel, r.Events
	if m.Connection = ""; r.Connection != "" {
		m.Connection = Connections + r.Connection
	}
}

// ReadRule is the rule in a message.
func ReadRule(m *notifyv1.Rule) delivery.Rule {
	return delivery.Rule{
		ID: strings.TrimPrefix(m.GetName(), Rules), Revision: m.GetRevision(), Channel: strings.TrimPrefix(m.GetChannel(), Channels),
		Events: m.GetEvents(), Connection: strings.TrimPrefix(m.GetConnection(), Connections),
	}
}

var states = map[delivery.State]notifyv1.DeliveryState{
	delivery.Queued:    notifyv1.DeliveryState_DELIVERY_STATE_QUEUED,
	delivery.Succeeded: notifyv1.DeliveryState_DELIVERY_STATE_SUCCEEDED,
	delivery.Failed:    notifyv1.DeliveryState_DELIVERY_STATE_FAILED,
}

// WriteDelivery puts a delivery into its message.
func WriteDelivery(d delivery.Delivery, m *notifyv1.Delivery) {
	m.Name, m.Channel, m.EventId, m.Event, m.Cursor = Deliveries+d.ID, Channels+d.Channel, d.EventID, d.Event, d.Cursor
	if m.Rule = ""; d.Rule != "" {
		m.Rule = Rules + d.Rule
	}
	m.State, m.Attempts = states[d.State], int32(d.Attempts) //nolint:gosec // at most a handful
	m.CreateTime, m.EndTime, m.NextAttemptTime = stamp(d.Created), stamp(d.Ended), stamp(d.Next)
	if m.Problem = nil; d.Problem != nil {
		m.Problem = &typev1.Problem{Reason: d.Problem.Reason, Cause: d.Problem.Cause, Next: d.Problem.Next}
	}
}

// ReadDelivery is the delivery in a message; its connection stands in its key.
func ReadDelivery(connection m365.ConnectionID, m *notifyv1.Delivery) delivery.Delivery {
	d := delivery.Delivery{
		ID: strings.TrimPrefix(m.GetName(), Deliveries), Revision: m.GetRevision(), Connection: connection,
		Channel: strings.TrimPrefix(m.GetChannel(), Channels), Rule: strings.TrimPrefix(m.GetRule(), Rules),
		EventID: m.GetEventId(), Event: m.GetEvent(), Cursor: m.GetCursor(), Attempts: int(m.GetAttempts()),
		Created: instant(m.GetCreateTime()), Ended: instant(m.GetEndTime()), Next: instant(m.GetNextAttemptTime()),
	}
	for state, value := range states {
		if value == m.GetState() {
			d.State = state
		}
	}
	if p := m.GetProblem(); p != nil {
		d.Problem = &delivery.Problem{Reason: p.GetReason(), Cause: p.GetCause(), Next: p.GetNext()}
	}
	return d
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
