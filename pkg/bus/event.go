package bus

import (
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Event is a fact as it is read from EVENTS.
type Event struct {
	ID         string // ce-id: the key to forget repetitions by
	Type       string // ce-type: tenantkeep.user-provisioned.v1
	Source     string // ce-source: /directory-sync/<connection>
	Schema     string // full name of Data's protobuf message; may be empty
	Time       time.Time
	Connection m365.ConnectionID
	Kind       string
	Fact       string
	EntityID   string
	Removed    bool   // the entity is no more; Data is its last state
	Trace      string // traceparent of who wrote it; empty without
	Data       []byte // the entity as of this fact
	Sequence   uint64 // position in EVENTS, to read on from
	Delivered  int    // how often this reader was given it, from 1
}

// ParseEvent reads a message of EVENTS.
func ParseEvent(message jetstream.Msg) (Event, error) {
	meta, err := message.Metadata()
	if err != nil {
		return Event{}, fault.As(fault.Invalid, "read event", err)
	}
	e, err := eventOf(message.Subject(), message.Headers())
	e.Data, e.Sequence, e.Delivered = message.Data(), meta.Sequence.Stream, int(meta.NumDelivered)
	if e.Time.IsZero() {
		e.Time = meta.Timestamp.UTC()
	}
	return e, err
}

func eventOf(subject string, header nats.Header) (Event, error) {
	tokens := strings.Split(strings.TrimPrefix(subject, RootEvents+"."), ".")
	if len(tokens) != 4 {
		return Event{}, fault.New(fault.Invalid, "read event", fmt.Sprintf("subject %q is not %s.<connection>.<kind>.<fact>.<id>", subject, RootEvents))
	}
	at, _ := time.Parse(time.RFC3339Nano, Header(header, HeaderTime)) // without one, the stream's time counts
	return Event{
		Connection: m365.ConnectionID(tokens[0]), Kind: tokens[1], Fact: tokens[2], EntityID: tokens[3],
		ID: Header(header, HeaderID), Type: Header(header, HeaderType), Source: Header(header, HeaderSource),
		Schema:  strings.TrimPrefix(Header(header, HeaderSchema), SchemaURI("")),
		Removed: Header(header, HeaderRemoved) == "true", Trace: carrier(header).Get("traceparent"), Time: at,
	}, nil
}
