package inbox

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// Inbox reads facts of the directory and of profiles.
type Inbox struct {
	js    jetstream.JetStream
	book  *outbox.Book
	views *outbox.Views
	log   *slog.Logger
}

// New returns an inbox.
func New(js jetstream.JetStream, book *outbox.Book, views *outbox.Views, log *slog.Logger) *Inbox {
	return &Inbox{js: js, book: book, views: views, log: log}
}

// parallel is how many users are worked on at a time: each costs a few synced writes, which the
// server takes together.
const parallel = 8

// Run reads until ctx ends.
func (i *Inbox) Run(ctx context.Context) error {
	if err := i.views.Ready(ctx); err != nil {
		return nil // told to stop before everything was read
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		facts := []string{"user-provisioned", "user-updated", "user-suspended", "user-removed"}
		return bus.Consume(ctx, i.js, bus.Consumer{Durable: "backup-worker-users", Facts: facts, Parallel: parallel, Logger: i.log}, i.user)
	})
	group.Go(func() error {
		facts := []string{"profile-created", "profile-updated", "profile-deleted"}
		return bus.Consume(ctx, i.js, bus.Consumer{Durable: "backup-worker-profiles", Facts: facts, Logger: i.log}, i.profile)
	})
	group.Go(func() error { i.rounds(ctx); return nil })
	return group.Wait()
}

// user brings one user's resources in line. The event may be older than the state, so the view is
// preferred if it knows more.
func (i *Inbox) user(ctx context.Context, event bus.Event) error {
	user := &directoryv1.User{}
	if err := proto.Unmarshal(event.Data, user); err != nil {
		return fault.As(fault.Invalid, "read user", err)
	}
	if newest, known := i.views.Users.Get(event.Connection, event.EntityID); known && newest.Value.GetRevision() > user.GetRevision() {
		user = newest.Value
	}
	return i.align(ctx, event.Connection, user, event.Removed, event.Fact)
}

func (i *Inbox) profile(ctx context.Context, event bus.Event) error {
	return i.Reconcile(ctx, event.Fact)
}

// every is how long a fact that got lost on the way goes unnoticed.
const every = 10 * time.Minute

func (i *Inbox) rounds(ctx context.Context) {
	for {
		if err := i.Reconcile(ctx, "reconcile"); err != nil && ctx.Err() == nil {
			i.log.Warn("users and resources not compared", "error", err)
		}
		if bus.Pause(ctx, every) != nil {
			return
		}
	}
}
