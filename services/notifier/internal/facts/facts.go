package facts

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	_ "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
)

// Of is the fact of an event.
func Of(e bus.Event) delivery.Fact {
	f := delivery.Fact{
		ID: e.ID, Type: e.Type, Event: e.Fact, Kind: e.Kind, Connection: e.Connection, Subject: e.Kind + "/" + e.EntityID,
		Time: e.Time, Schema: e.Schema, Cursor: e.Sequence, TraceID: traceID(e.Trace),
	}
	message, err := decode(e)
	if err != nil {
		return f
	}
	if name := message.ProtoReflect().Descriptor().Fields().ByName("name"); name != nil && name.Kind() == protoreflect.StringKind {
		f.Subject = message.ProtoReflect().Get(name).String()
	}
	if text, err := protojson.Marshal(message); err == nil {
		f.Entity = json.RawMessage(text)
	}
	return f
}

func decode(e bus.Event) (proto.Message, error) {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(e.Schema))
	if err != nil {
		return nil, err
	}
	message := kind.New().Interface()
	return message, proto.Unmarshal(e.Data, message)
}

// traceID is the second part of a traceparent (https://www.w3.org/TR/trace-context/).
func traceID(parent string) string {
	if parts := strings.Split(parent, "-"); len(parts) == 4 {
		return parts[1]
	}
	return ""
}

// Reader implements delivery.Facts.
type Reader struct{ js jetstream.JetStream }

var _ delivery.Facts = Reader{}

// NewReader reads from the server that js is connected to.
func NewReader(js jetstream.JetStream) Reader { return Reader{js} }

// At implements delivery.Facts. After a rebuild the positions are others: then the event is not the one.
func (r Reader) At(ctx context.Context, cursor uint64, id string) (delivery.Fact, error) {
	event, err := bus.EventAt(ctx, r.js, cursor)
	if err == nil && event.ID != id {
		err = fault.New(fault.NotFound, "read event", "another one is at its position")
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.As(fault.NotFound, "", err, fault.Reason("EVENT_GONE"), fault.Next("look at the entity itself"))
	}
	if err != nil {
		return delivery.Fact{}, err
	}
	return Of(event), nil
}
