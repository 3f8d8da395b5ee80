package api

import (
	"context"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/facts"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/message"
)

// Events answers EventService.
type Events struct {
	notifyv1.UnimplementedEventServiceServer
	Bus      jetstream.JetStream
	Stopping <-chan struct{} // closed when the service ends: watchers are told to come again then
}

// WatchEvents implements notifyv1.EventServiceServer. The header of the answer is sent as soon as nothing
// that happens from then on can be missed.
func (s *Events) WatchEvents(r *notifyv1.WatchEventsRequest, stream grpc.ServerStreamingServer[notifyv1.WatchEventsResponse]) error {
	if err := delivery.CheckEvents(r.GetEvents()); err != nil {
		return err
	}
	selection := bus.Selection{Facts: r.GetEvents()}
	if name := r.GetConnection(); name != "" {
		id, err := message.ID(message.Connections, name)
		if err != nil {
			return err
		}
		selection.Connection = m365.ConnectionID(id)
	}
	ctx, cancel := context.WithCancel(stream.Context())
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() {
		select {
		case <-s.Stopping:
			cancel()
		case <-ctx.Done():
		}
	})
	err := bus.Read(ctx, s.Bus, selection, position(r),
		func(e bus.Event) error { return stream.Send(seen(facts.Of(e))) },
		func() { _ = stream.SendHeader(nil) }) // it has gone out with the first event, if there was one
	if ctx.Err() != nil && stream.Context().Err() == nil {
		return fault.New(fault.Transient, "watch events", "the service is ending", fault.Reason("SERVICE_ENDING"), fault.Next("watch again after the last cursor"))
	}
	return err
}

func position(r *notifyv1.WatchEventsRequest) bus.Position {
	switch {
	case r.GetAfterCursor() > 0:
		return bus.Position{After: r.GetAfterCursor()}
	case r.GetStartTime() != nil:
		return bus.Position{Since: r.GetStartTime().AsTime()}
	default:
		return bus.Position{New: true}
	}
}

func seen(f delivery.Fact) *notifyv1.WatchEventsResponse {
	reply := &notifyv1.WatchEventsResponse{
		Cursor: f.Cursor, Id: f.ID, Event: f.Event, Subject: f.Subject, Time: timestamppb.New(f.Time), Schema: f.Schema, TraceId: f.TraceID,
	}
	entity := &structpb.Struct{}
	if f.Entity != nil && protojson.Unmarshal(f.Entity, entity) == nil {
		reply.Entity = entity
	}
	return reply
}
