package restoreworker

import (
	"context"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/api"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/archive"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/inbox"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/mime"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/targets"
)

// Service is restore-worker.
type Service struct {
	config    host.Config
	tenants   *tenant.Tenants
	resources *inbox.Resources
	view      *state.Projection[*restorev1.Restore]
	queue     *jobs.Queue
	admitter  *inbox.Admitter
	worker    *inbox.Worker
	browse    *api.Browse
	restores  *api.Restores
	exports   *api.Exports
}

// New builds the service on its host.
func New(_ context.Context, h *host.Host) (*Service, error) {
	broker, err := h.Peer(identity.AuthBroker)
	if err != nil {
		return nil, err
	}
	s := &Service{
		config:    h.Config,
		tenants:   tenant.New(tenant.Config{State: h.State, Broker: broker, Ledger: h.Ledger, Holder: h.Owner}),
		resources: inbox.NewResources(h.State),
		queue:     h.Jobs(),
	}
	book, vaults, users := outbox.NewBook(h.State), archive.New(h.Config.VaultDir, broker), targets.New(s.tenants)
	s.view = book.View()
	s.admitter = inbox.NewAdmitter(s.view, s.queue, h.Log)
	s.browse = api.NewBrowse(s.resources, vaults)
	s.restores = &api.Restores{
		Resources: s.resources, Archive: vaults, People: users, Book: book, View: s.view, Queue: s.queue, Log: h.Log,
	}
	s.exports = &api.Exports{Resources: s.resources, Archive: vaults, Mail: mime.Renderer{}}
	s.worker = &inbox.Worker{
		Queue: s.queue, Book: book, Resources: s.resources, Archive: vaults, Targets: users, Owner: h.Owner, Log: h.Log,
	}
	return s, nil
}

// Register adds the gRPC services; a process with the role work alone has none.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	if !s.config.Has("api") {
		return
	}
	restorev1.RegisterBrowseServiceServer(registrar, s.browse)
	restorev1.RegisterRestoreServiceServer(registrar, s.restores)
	restorev1.RegisterExportServiceServer(registrar, s.exports)
}

// Run works until ctx ends. Restores in hand are handed back then.
func (s *Service) Run(ctx context.Context) error {
	defer s.tenants.Close()
	group, ctx := errgroup.WithContext(ctx)
	parts := []func(context.Context) error{s.resources.Run}
	if s.config.Has("api") {
		parts = append(parts, s.view.Run, s.admitter.Run, s.queue.Tend)
	}
	if s.config.Has("work") {
		parts = append(parts, s.worker.Run)
	}
	for _, part := range parts {
		group.Go(func() error { return part(ctx) })
	}
	return group.Wait()
}
