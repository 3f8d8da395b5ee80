package state

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// encode makes the message of a change: state, fact, event and condition in one.
func (s *JetStream) encode(ctx context.Context, change Change) *nats.Msg {
	key, id := change.Key, newEventID()
	message := nats.NewMsg(bus.StateSubject(key.Kind.root(), key.Kind.Name, key.Connection, key.ID, change.Fact))
	message.Data = change.Data
	header := message.Header
	header[jetstream.MsgIDHeader] = []string{id}
	header[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(change.Expect, 10)}
	header[jetstream.ExpectedLastSubjSeqSubjHeader] = []string{key.filter()}
	if key.Kind.TTL > 0 {
		header[jetstream.MsgTTLHeader] = []string{key.Kind.TTL.String()}
	}
	bus.SetHeader(header, bus.HeaderSpec, "1.0")
	bus.SetHeader(header, bus.HeaderID, id)
	bus.SetHeader(header, bus.HeaderType, bus.EventType(change.Fact))
	bus.SetHeader(header, bus.HeaderSource, "/"+s.service+"/"+string(key.Connection))
	bus.SetHeader(header, bus.HeaderSubject, key.Kind.Name+"/"+key.ID)
	bus.SetHeader(header, bus.HeaderTime, time.Now().UTC().Format(time.RFC3339Nano))
	bus.SetHeader(header, bus.HeaderContentType, bus.ContentProtobuf)
	if change.Schema != "" {
		bus.SetHeader(header, bus.HeaderSchema, bus.SchemaURI(change.Schema))
	}
	if change.Removed {
		bus.SetHeader(header, bus.HeaderRemoved, "true")
	}
	bus.Inject(ctx, header)
	return message
}

func decode(message *jetstream.RawStreamMsg) (Record, error) {
	return record(message.Subject, message.Header, message.Data, message.Sequence, message.Time)
}

func decodeDelivered(message jetstream.Msg) (Record, error) {
	meta, err := message.Metadata()
	if err != nil {
		return Record{}, fault.As(fault.Internal, "read state", err)
	}
	return record(message.Subject(), message.Headers(), message.Data(), meta.Sequence.Stream, meta.Timestamp)
}

func record(subject string, header nats.Header, data []byte, sequence uint64, at time.Time) (Record, error) {
	tokens := strings.Split(subject, ".")
	if len(tokens) != 5 {
		return Record{}, fault.New(fault.Internal, "read state", fmt.Sprintf("subject %q has %d tokens", subject, len(tokens)))
	}
	r := Record{
		Key:  Key{Kind: kindOf(tokens[0], tokens[1]), Connection: m365.ConnectionID(tokens[2]), ID: tokens[3]},
		Fact: tokens[4], Data: data, Sequence: sequence, Time: at.UTC(),
		Schema:  strings.TrimPrefix(bus.Header(header, bus.HeaderSchema), bus.SchemaURI("")),
		Removed: bus.Header(header, bus.HeaderRemoved) == "true",
		EventID: bus.Header(header, bus.HeaderID),
		Trace:   bus.Header(header, "traceparent"),
	}
	if ttl, err := time.ParseDuration(header.Get(jetstream.MsgTTLHeader)); err == nil {
		r.Expires = r.Time.Add(ttl)
	}
	return r, nil
}
