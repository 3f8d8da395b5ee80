package jobs

import (
	"context"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Due is a schedule that fired.
type Due struct {
	Name    string
	Payload []byte
	Time    time.Time // when it fired
}

// A leader asks for work this often, so that the server knows soon when it is gone, and does not take a
// quiet one for gone (bus.Config.LeaderTTL).
const (
	leaderPull = 2 * time.Second
	leaderBeat = time.Second
)

// Lead passes what fires to handle, one at a time and in one process at a time: the leader. If that
// falls silent for bus.Config.LeaderTTL another process takes over. A leader that is slow, not dead, may still
// be at its last one then, so what it writes is decided by the sequences of state, as everywhere. A
// schedule of a few seconds makes a clock that ticks only at the leader.
//
// It ends with ctx, after handle has returned. The error of handle is settled by bus.Settle.
func (s *Schedules) Lead(ctx context.Context, handle func(context.Context, Due) error) error {
	bus.Serve(ctx, bus.Serving{
		Open: func(ctx context.Context) (jetstream.Consumer, error) {
			return s.js.Consumer(ctx, bus.StreamSchedules, bus.ConsumerDispatcher)
		},
		Parallel: 1, Logger: s.log.With("consumer", bus.ConsumerDispatcher),
		Options: []jetstream.PullMessagesOpt{jetstream.PullPriorityGroup(bus.LeaderGroup), jetstream.PullExpiry(leaderPull), jetstream.PullHeartbeat(leaderBeat)},
	}, func(ctx context.Context, message jetstream.Msg) { s.fire(ctx, message, handle) })
	return nil
}

func (s *Schedules) fire(ctx context.Context, message jetstream.Msg, handle func(context.Context, Due) error) {
	meta, err := message.Metadata()
	if err != nil {
		return // not a message of a stream
	}
	due := Due{Name: strings.TrimPrefix(message.Subject(), bus.RootDue+"."), Payload: message.Data(), Time: meta.Timestamp.UTC()}
	stop := bus.KeepAlive(message, leaderBeat)
	err = handle(ctx, due)
	stop()
	settling, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaderPull)
	defer cancel()
	verdict := bus.Settle(err, int(meta.NumDelivered))
	if err != nil {
		s.log.Warn("schedule not handled", "schedule", due.Name, "error", err, "fault", fault.KindOf(err).String(), "again_after", verdict.Wait)
	}
	if verdict.Verb == bus.Again {
		_ = message.NakWithDelay(verdict.Wait) // else it comes again after AckWait
		return
	}
	_ = message.DoubleAck(settling) // a schedule that cannot be handled is not tried again: it fires again
}
