package bus

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Serving is how [Serve] pulls from a durable consumer.
type Serving struct {
	Open     func(context.Context) (jetstream.Consumer, error) // finds or makes the consumer; called again after trouble
	Parallel int                                               // messages at a time
	Options  []jetstream.PullMessagesOpt                       // besides the usual ones
	Logger   *slog.Logger
}

// Serve passes messages to process until ctx ends, one for each of the parallel workers. It fetches
// nothing ahead: a message that waits in a buffer would be given to somebody else. When ctx ends it
// waits for what is being processed. Whatever breaks, is opened again.
func Serve(ctx context.Context, serving Serving, process func(context.Context, jetstream.Msg)) {
	var workers sync.WaitGroup
	for range serving.Parallel {
		workers.Go(func() { serving.work(ctx, process) })
	}
	workers.Wait()
}

func (s Serving) work(ctx context.Context, process func(context.Context, jetstream.Msg)) {
	for wait := tailRetry; ; wait = min(2*wait, tailRetryMax) {
		began := time.Now()
		err := s.once(ctx, process)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 2*tailRetryMax {
			wait = tailRetry
		}
		s.Logger.Warn("messages interrupted", "error", err)
		if Pause(ctx, wait) != nil {
			return
		}
	}
}

func (s Serving) once(ctx context.Context, process func(context.Context, jetstream.Msg)) error {
	consumer, err := s.Open(ctx)
	if err != nil {
		return err
	}
	for {
		message, err := s.next(ctx, consumer)
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return message.Nak()
		}
		process(ctx, message)
	}
}

// next takes one message and ends the subscription that it came by. When nats-server comes back, a
// subscription may ask twice: the second message would lie in its buffer while the first is processed,
// be given to somebody else when its time is over, and then be processed here all the same.
func (s Serving) next(ctx context.Context, consumer jetstream.Consumer) (jetstream.Msg, error) {
	options := append([]jetstream.PullMessagesOpt{
		jetstream.PullMaxMessages(1), jetstream.PullExpiry(tailExpiry),
		jetstream.PullHeartbeat(tailHeartbeat), jetstream.WithMessagesErrOnMissingHeartbeat(true),
	}, s.Options...)
	messages, err := consumer.Messages(options...)
	if err != nil {
		return nil, err
	}
	defer handBack(messages)
	return messages.Next(jetstream.NextContext(ctx))
}

// handBack returns messages that arrived as the reader left, so that they need not wait for AckWait.
func handBack(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		message, err := messages.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			return
		}
		_ = message.Nak() // else AckWait gives it back
	}
}
