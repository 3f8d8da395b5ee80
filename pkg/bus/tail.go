package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Position is where reading of a stream begins. The zero value is its first message.
type Position struct {
	After uint64    // the message after this sequence
	Since time.Time // the first message at this time or later; not used with After
	New   bool      // nothing of what is there already
}

// Tail passes every message of a stream that a filter matches to each, in order and once, beginning at
// from: first what is there, then caughtUp (once; may be nil), then what comes, until ctx ends, each
// fails, or the stream is gone. It outlives lost connections and restarts of the server, going on after
// the last message that was passed. It leaves nothing behind on the server.
func Tail(ctx context.Context, js jetstream.JetStream, stream string, filters []string, from Position, each func(jetstream.Msg) error, caughtUp func()) error {
	t := &tail{js: js, stream: stream, filters: filters, from: from, each: each, caughtUp: caughtUp}
	for wait := tailRetry; ; wait = min(2*wait, tailRetryMax) {
		passed := t.passed
		err := t.once(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if stop := (stopError{}); errors.As(err, &stop) {
			return stop.error
		}
		if t.passed != passed {
			wait = tailRetry
		}
		if err := Pause(ctx, wait); err != nil {
			return err
		}
	}
}

const (
	tailRetry     = 50 * time.Millisecond
	tailRetryMax  = 2 * time.Second
	tailExpiry    = 10 * time.Second
	tailHeartbeat = 2 * time.Second
	tailBatch     = 500
	tailOrphan    = time.Minute // the server forgets a reader that vanished
)

type tail struct {
	js       jetstream.JetStream
	stream   string
	filters  []string
	from     Position
	each     func(jetstream.Msg) error
	caughtUp func()

	found   bool   // the stream exists; if it is not there later, its server is just coming up
	passed  uint64 // messages passed so far
	delayed uint64 // messages to pass before the reader has caught up
}

// stopError is what ends a tail for good; everything else is tried again.
type stopError struct{ error }

// once reads with one ephemeral consumer until that breaks.
func (t *tail) once(ctx context.Context) error {
	consumer, err := t.create(ctx)
	if err != nil {
		return err
	}
	defer t.remove(ctx, consumer)
	t.settle(consumer.CachedInfo().NumPending)

	messages, err := consumer.Messages(jetstream.PullMaxMessages(tailBatch), jetstream.PullExpiry(tailExpiry),
		jetstream.PullHeartbeat(tailHeartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for delivered := uint64(1); ; delivered++ {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := t.pass(message, delivered); err != nil {
			return err
		}
	}
}

var errGap = errors.New("a message was lost on the way")

func (t *tail) pass(message jetstream.Msg, delivered uint64) error {
	meta, err := message.Metadata()
	if err != nil {
		return err
	}
	if meta.Sequence.Consumer != delivered {
		return errGap
	}
	if err := t.each(message); err != nil {
		return stopError{err}
	}
	t.from = Position{After: meta.Sequence.Stream}
	t.passed++
	if t.delayed > 0 {
		t.settle(t.delayed - 1)
	}
	return nil
}

// settle notes how many messages are left of those that were there, and reports when none is.
func (t *tail) settle(left uint64) {
	t.delayed = left
	if left == 0 && t.caughtUp != nil {
		t.caughtUp()
		t.caughtUp = nil
	}
}

func (t *tail) create(ctx context.Context) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{
		FilterSubjects: t.filters, AckPolicy: jetstream.AckNonePolicy, MaxDeliver: 1,
		MemoryStorage: true, Replicas: 1, InactiveThreshold: tailOrphan,
	}
	if err := t.resolveNew(ctx); err != nil {
		return nil, t.missing(err)
	}
	switch {
	case t.from.After > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, t.from.After+1
	case !t.from.Since.IsZero():
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &t.from.Since
	}
	consumer, err := t.js.CreateConsumer(ctx, t.stream, config)
	return consumer, t.missing(err)
}

// resolveNew turns "new" into a sequence once, so that a broken connection loses nothing.
func (t *tail) resolveNew(ctx context.Context) error {
	if !t.from.New {
		return nil
	}
	stream, err := t.js.Stream(ctx, t.stream)
	if err != nil {
		return err
	}
	t.from = Position{After: stream.CachedInfo().State.LastSeq}
	return nil
}

func (t *tail) missing(err error) error {
	if !t.found && errors.Is(err, jetstream.ErrStreamNotFound) {
		return stopError{fault.As(fault.Precondition, "read "+t.stream, err, fault.Next("run the bootstrap against this nats-server"))}
	}
	t.found = t.found || err == nil
	return err
}

func (t *tail) remove(ctx context.Context, consumer jetstream.Consumer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = t.js.DeleteConsumer(ctx, t.stream, consumer.CachedInfo().Name) // else the server forgets it after tailOrphan
}
