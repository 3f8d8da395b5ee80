package delivery

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Fact is something that happened, as it is told.
type Fact struct {
	ID         string // ce-id
	Type       string // tenantkeep.backup-failed.v1
	Event      string // backup-failed
	Kind       string // of the entity
	Connection m365.ConnectionID
	Subject    string // resource name of the entity
	Time       time.Time
	Schema     string          // full name of the entity's message
	Entity     json.RawMessage // nil if its schema is not known here
	Cursor     uint64          // position in the stream of events
	TraceID    string
}

// Delivery is one fact on its way through one channel.
type Delivery struct {
	ID         string
	Revision   int64
	Connection m365.ConnectionID
	Channel    string
	Rule       string
	EventID    string
	Event      string
	Cursor     uint64
	State      State
	Attempts   int
	Created    time.Time
	Ended      time.Time
	Next       time.Time // when it is due; zero once it has ended
	Problem    *Problem  // of the last try
}

// State is where a delivery stands.
type State uint8

// The states.
const (
	Queued State = iota + 1
	Succeeded
	Failed
)

// Problem is why a try failed, as a person needs it.
type Problem struct{ Reason, Cause, Next string }

// Facts of deliveries.
const (
	factQueued    = "delivery-queued"
	factAttempted = "delivery-attempted"
	factSucceeded = "delivery-succeeded"
	factFailed    = "delivery-failed"
	nothing       = ""
)

// kindDelivery is never told about.
const kindDelivery = "delivery"

// MaxAge is how old a fact may be that somebody is told of. After a rebuild the stream holds old ones.
const MaxAge = 24 * time.Hour

// waits before the second try and so on; their sum stays below MaxAge. The first ones are for a receiver
// that restarts, the last ones for one that is mended by people.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (deliverability)
var waits = []time.Duration{5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour}

// wants tells whether the rule is about the fact.
func (r Rule) wants(f Fact) bool {
	if f.Kind == kindDelivery || f.Time.Before(r.Since) || r.Connection != "" && r.Connection != string(f.Connection) {
		return false
	}
	return slices.Contains(r.Events, AllEvents) || slices.Contains(r.Events, f.Event)
}

// delivery is the one of a fact under the rule, always the same.
func (r Rule) delivery(f Fact, now time.Time) Delivery {
	sum := sha256.Sum256([]byte(f.ID + "\x00" + r.ID))
	return Delivery{
		ID: idText.EncodeToString(sum[:15]), Connection: f.Connection, Channel: r.Channel, Rule: r.ID,
		EventID: f.ID, Event: f.Event, Cursor: f.Cursor, State: Queued, Created: now, Next: now,
	}
}

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// pause is how long to wait after that many tries (from 1); false if there is no other one. Up to a tenth
// is added by chance, so that a receiver that comes back does not get everything at once.
func pause(attempts int, asked time.Duration) (time.Duration, bool) {
	if attempts > len(waits) {
		return 0, false
	}
	wait := waits[attempts-1]
	return max(wait+rand.N(wait/10), asked), true //nolint:gosec // spreads load
}
