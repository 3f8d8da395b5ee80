package backupworker

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/api"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/dispatch"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/inbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/peer"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/work"
)

// Service is backup-worker.
type Service struct {
	host  *host.Host
	book  *outbox.Book
	front *front       // nil without role api
	work  *work.Worker // nil without role work
	close func()
}

// front is the role api.
type front struct {
	views      *outbox.Views
	api        *api.API
	inbox      *inbox.Inbox
	dispatcher *dispatch.Dispatcher
}

// New builds the service for the roles that the host is configured for.
func New(ctx context.Context, h *host.Host) (*Service, error) {
	s := &Service{host: h, book: outbox.NewBook(h.State), close: func() {}}
	queue := h.Jobs()
	broker, err := h.Peer(identity.AuthBroker)
	if err != nil {
		return nil, err
	}
	vaults := work.NewStore(h.Config.VaultDir, broker)
	if h.Config.Has("api") {
		// Before anybody is answered: a mapping that is made at once names the standard profile.
		if err := s.book.EnsureProfile(ctx); err != nil {
			return nil, fmt.Errorf("make the first profile: %w", err)
		}
		front, err := newFront(h, s.book, queue, vaults)
		if err != nil {
			return nil, err
		}
		s.front = front
	}
	if h.Config.Has("work") {
		s.newWorker(queue, vaults, broker)
	}
	return s, nil
}

func (s *Service) newWorker(queue *jobs.Queue, vaults *work.Store, broker grpc.ClientConnInterface) {
	h := s.host
	tenants := tenant.New(tenant.Config{State: h.State, Broker: broker, Ledger: h.Ledger, Holder: h.Owner})
	s.close = tenants.Close
	s.work = &work.Worker{
		Queue: queue, Book: s.book, Tenants: tenants, Vaults: vaults, Owner: h.Owner, Log: h.Log,
	}
}

func newFront(h *host.Host, book *outbox.Book, queue *jobs.Queue, vaults *work.Store) (*front, error) {
	restorer, err := h.Peer(identity.RestoreWorker)
	if err != nil {
		return nil, err
	}
	views := outbox.NewViews(book, h.State)
	placer := dispatch.NewPlacer(queue, h.Log)
	leader := jobs.NewSchedules(h.Bus)
	schedules := dispatch.NewSchedules(leader, views, h.Log)
	f := &front{
		views: views,
		api:   api.New(book, views, queue, peer.NewRestores(restorer), vaults),
		inbox: inbox.New(h.Bus, book, views, h.Log),
		dispatcher: &dispatch.Dispatcher{
			Queue: queue, Leader: leader, Book: book, Views: views, Placer: placer, Schedules: schedules,
			FanOut: dispatch.NewFanOut(book, views), Log: h.Log,
		},
	}
	views.Profiles.OnChange(schedules.Changed)
	views.Jobs.OnChange(func(before, after outbox.Job) {
		placer.Changed(before, after)
		f.api.Changed(after.Key.Connection, after.Key.ID)
	})
	views.Restores.OnChange(func(_, after outbox.Restore) { f.api.Changed(after.Key.Connection, after.Key.ID) })
	return f, nil
}

// Register adds the gRPC services; a process with the role work alone has none.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	if s.front != nil {
		s.front.api.Register(rpc.After(s.front.views.Ready, registrar))
	}
}

// Run works until ctx ends. Jobs in hand are checkpointed and handed back then.
func (s *Service) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if s.front != nil {
		group.Go(func() error { return s.front.run(ctx) })
	}
	if s.work != nil {
		group.Go(func() error { return s.work.Run(ctx) })
	}
	defer s.close()
	return group.Wait()
}

func (f *front) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.views.Run(ctx) })
	group.Go(func() error { return f.inbox.Run(ctx) })
	group.Go(func() error { return f.dispatcher.Run(ctx) })
	return group.Wait()
}
