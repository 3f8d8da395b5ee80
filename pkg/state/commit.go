package state

import (
	"context"
	"time"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// How long a commit keeps trying when the server does not answer, and what it waits for one answer.
const (
	commitPatience = 20 * time.Second
	ackTimeout     = 3 * time.Second
	retryPause     = 50 * time.Millisecond
	retryPauseMax  = 2 * time.Second
)

// Commit implements Store.
//
//	publish -> acknowledged: done
//	        -> refused, answered twice or not at all: read the message after Expect
//	              ours:          done, the acknowledgement was lost
//	              somebody's:    conflict
//	              none, refused: conflict
//	              none:          publish the same again; its id keeps it from being stored twice
func (s *JetStream) Commit(ctx context.Context, changes ...Change) ([]Record, error) {
	if err := Check(changes); err != nil {
		return nil, err
	}
	ctx, span := bus.Tracer().Start(ctx, "send "+template(changes[0].Key), trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.String("messaging.system", "nats"), attribute.Int("messaging.batch.message_count", len(changes))))
	defer span.End()
	messages := make([]*nats.Msg, len(changes))
	for i, change := range changes {
		messages[i] = s.encode(ctx, change)
	}
	first, err := s.commit(ctx, changes[0].Key, changes[0].Expect, messages)
	if err != nil {
		span.RecordError(err)
		return nil, err
	}
	return written(messages, first)
}

// template names a subject without the ids in it.
func template(key Key) string {
	return key.Kind.root() + "." + key.Kind.Name + ".{connection}.{id}.{fact}"
}

// commit returns the sequence of the first message.
func (s *JetStream) commit(ctx context.Context, key Key, expect uint64, messages []*nats.Msg) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	op := "commit " + key.String()
	for pause := retryPause; ; pause = min(2*pause, retryPauseMax) {
		first, publishErr := s.publish(ctx, messages)
		if publishErr == nil {
			return first, nil
		}
		if !unsure(publishErr) {
			return 0, fault.Wrap(op, publishErr)
		}
		found, ours, err := s.after(ctx, key, expect, messages[0])
		switch {
		case err == nil && ours:
			return found, nil
		case err == nil && (found > 0 || refused(publishErr)):
			return 0, fault.As(fault.Conflict, op, publishErr, fault.Next("read it again and decide again"))
		}
		if bus.Pause(ctx, pause) != nil {
			return 0, fault.As(fault.Transient, op, publishErr, fault.Reason("OUTCOME_UNKNOWN"), fault.Next("read it again to see whether it was written"))
		}
	}
}

// written makes the records. The messages of a batch are stored next to each other.
func written(messages []*nats.Msg, first uint64) ([]Record, error) {
	records := make([]Record, len(messages))
	for i, message := range messages {
		at, err := time.Parse(time.RFC3339Nano, bus.Header(message.Header, bus.HeaderTime))
		if err != nil {
			return nil, fault.As(fault.Internal, "commit", err)
		}
		if records[i], err = record(message.Subject, message.Header, message.Data, first+uint64(i), at); err != nil {
			return nil, err
		}
	}
	return records, nil
}
