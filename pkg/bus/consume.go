package bus

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Consumer is one service's place in the stream of events. All processes of the service share it, so
// each event goes to one of them.
type Consumer struct {
	Durable    string            // name of the place: the service, and what for if it has several
	Facts      []string          // "user-provisioned"; at least one, or AllFacts alone
	Connection m365.ConnectionID // "" for all
	Since      Position          // where a new place begins; default at the first event that is kept
	Parallel   int               // handlers at a time in this process; default 1, which keeps the order
	AckWait    time.Duration     // an event of a process that died goes to another after so long; default 30 s
	Logger     *slog.Logger      // default slog.Default()
}

// Consume passes events to handle until ctx ends, then hands back what was not begun, waits for what
// was, and returns nil. Whatever handle returns is settled by [Settle]; a dead letter carries the text of
// the error, so it may not hold secrets. While handle works the event stays its own, however long that
// takes. The context of handle carries the trace of the fact, and ends when ctx does.
//
// Delivery is at least once. With Parallel 1 and one process the order is that of the stream, but for
// events that were handed back.
func Consume(ctx context.Context, js jetstream.JetStream, config Consumer, handle func(context.Context, Event) error) error {
	c, err := newConsuming(js, config, handle)
	if err != nil {
		return err
	}
	Serve(ctx, Serving{Open: c.place, Parallel: c.config.Parallel, Logger: c.log}, c.process)
	return nil
}

type consuming struct {
	js     jetstream.JetStream
	config Consumer
	handle func(context.Context, Event) error
	log    *slog.Logger
}

// AllFacts in place of a fact stands for every one, those that are not known yet included.
const AllFacts = "*"

func newConsuming(js jetstream.JetStream, config Consumer, handle func(context.Context, Event) error) (*consuming, error) {
	if !ValidToken(config.Durable) || len(config.Facts) == 0 || slices.ContainsFunc(config.Facts, func(fact string) bool { return !ValidToken(fact) && (fact != AllFacts || len(config.Facts) > 1) }) {
		return nil, fault.New(fault.Invalid, "consume", "a consumer needs a name without dots, and facts such as user-provisioned")
	}
	fill(&config.Parallel, 1)
	fill(&config.AckWait, 30*time.Second)
	fill(&config.Logger, slog.Default())
	return &consuming{js: js, config: config, handle: handle, log: config.Logger.With("consumer", config.Durable)}, nil
}

// place creates the durable consumer, or takes over what changed in its definition.
func (c *consuming) place(ctx context.Context) (jetstream.Consumer, error) {
	config := reader(c.config.Durable, c.config.AckWait, "")
	for _, fact := range c.config.Facts {
		config.FilterSubjects = append(config.FilterSubjects, EventFilter(c.config.Connection, "", fact, ""))
	}
	existing, err := c.js.Consumer(ctx, StreamEvents, c.config.Durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		c.config.Since.apply(&config)
		return c.js.CreateOrUpdateConsumer(ctx, StreamEvents, config)
	case err != nil:
		return nil, err
	}
	was := existing.CachedInfo().Config // where it began cannot be changed, so it is kept
	config.DeliverPolicy, config.OptStartSeq, config.OptStartTime = was.DeliverPolicy, was.OptStartSeq, was.OptStartTime
	return c.js.CreateOrUpdateConsumer(ctx, StreamEvents, config)
}

func (p Position) apply(config *jetstream.ConsumerConfig) {
	switch {
	case p.After > 0:
		config.DeliverPolicy, config.OptStartSeq = jetstream.DeliverByStartSequencePolicy, p.After+1
	case !p.Since.IsZero():
		config.DeliverPolicy, config.OptStartTime = jetstream.DeliverByStartTimePolicy, &p.Since
	case p.New:
		config.DeliverPolicy = jetstream.DeliverNewPolicy
	}
}

func (c *consuming) process(ctx context.Context, message jetstream.Msg) {
	event, err := ParseEvent(message)
	if err == nil && event.Delivered > maxDelivered {
		err = fault.New(fault.Precondition, "handle event", "was delivered too often", fault.Reason("DELIVERED_TOO_OFTEN"))
	}
	if err == nil {
		err = c.call(ctx, message, event)
	}
	c.settle(ctx, message, event, err)
}

// call runs the handler in the trace of the fact, and tells the server meanwhile that it is at work.
func (c *consuming) call(ctx context.Context, message jetstream.Msg, event Event) (err error) {
	ctx, span := Tracer().Start(Extract(ctx, message.Headers()), "process "+RootEvents+".{connection}."+event.Kind+"."+event.Fact+".{id}",
		trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(attribute.String("messaging.system", "nats"),
			attribute.String("messaging.consumer.group.name", c.config.Durable), attribute.String("messaging.message.id", event.ID)))
	defer span.End()
	stop := KeepAlive(message, c.config.AckWait/3)
	defer stop()
	if err = c.handle(ctx, event); err != nil {
		span.RecordError(err)
	}
	return err
}

// KeepAlive tells the server at that interval that a message is being worked on, until stop is called.
func KeepAlive(message jetstream.Msg, every time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = message.InProgress() // the next one will do
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

// settle tells the server what became of the message. A settlement that is lost on the way brings the
// message back, which handlers must bear anyway.
func (c *consuming) settle(ctx context.Context, message jetstream.Msg, event Event, cause error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiTimeout)
	defer cancel()
	verdict := Settle(cause, event.Delivered)
	if cause != nil {
		c.log.Warn("event not handled", "fact", event.Fact, "event", event.ID, "delivered", event.Delivered,
			"kind", fault.KindOf(cause).String(), "reason", fault.ReasonOf(cause), "dead", verdict.Verb == Dead, "again_after", verdict.Wait)
	}
	switch verdict.Verb {
	case Ack:
		_ = message.DoubleAck(ctx)
	case Again:
		_ = message.NakWithDelay(verdict.Wait)
	case Dead:
		c.bury(ctx, message, event, cause)
	}
}

func (c *consuming) bury(ctx context.Context, message jetstream.Msg, event Event, cause error) {
	letter := DeadLetter{Consumer: c.config.Durable, Stream: StreamEvents, Subject: message.Subject(), Origin: event.Sequence, Header: message.Headers(), Data: message.Data()}
	if err := Bury(ctx, c.js, letter, cause); err != nil {
		_ = message.NakWithDelay(Backoff(event.Delivered))
		return
	}
	_ = message.TermWithReason(reasonOf(cause))
}
