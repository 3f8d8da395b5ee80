package directorysync

import (
	"context"
	"log/slog"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/api"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/entra"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/schedule"
)

// Service is directory-sync. Make it with [New].
type Service struct {
	tenants     *tenant.Tenants
	directory   *outbox.Directory
	connections *state.Projection[*authv1.Connection]
	runner      *run.Runner
	schedule    *schedule.Schedule
	log         *slog.Logger
}

// New builds the service on its host, configured by the environment.
func New(ctx context.Context, h *host.Host) (*Service, error) {
	config, err := ReadConfig(os.Getenv)
	if err != nil {
		return nil, err
	}
	return Build(ctx, h, config)
}

// Build builds the service as configured.
func Build(_ context.Context, h *host.Host, config Config) (*Service, error) {
	broker, err := h.Peer(identity.AuthBroker)
	if err != nil {
		return nil, err
	}
	s := &Service{
		log:         h.Log,
		tenants:     tenant.New(tenant.Config{State: h.State, Broker: broker, Ledger: h.Ledger, Holder: h.Owner}),
		directory:   outbox.New(outbox.Config{State: h.State, Owner: h.Owner, LeaseFor: config.LeaseFor, Now: time.Now}),
		connections: state.NewProjection(state.NewEntities(h.State, state.KindConnection, (*authv1.Connection)(nil)), state.Filter{}),
	}
	s.runner = run.New(entra.New(s.tenants), outbox.Ours{Directory: s.directory}, time.Now)
	s.schedule = schedule.New(schedule.Config{Interval: config.Interval, Log: h.Log}, s.sync)
	s.connections.OnChange(s.connectionChanged)
	s.directory.Mappings.OnChange(s.mappingChanged)
	return s, nil
}

// sync is what the schedule does.
func (s *Service) sync(ctx context.Context, connection m365.ConnectionID, cause string) error {
	if _, there := s.connections.Get(connection, string(connection)); !there {
		s.schedule.Drop(connection)
		return s.directory.Forget(ctx, connection)
	}
	report, err := s.runner.Sync(ctx, connection, run.Order{Actor: identity.Caller{Service: identity.DirectorySync}.String()})
	s.log.InfoContext(ctx, "directory synced", "connection", connection, "cause", cause, "read", report.Read, "provisioned", report.Provisioned,
		"updated", report.Updated, "suspended", report.Suspended, "removed", report.Removed, "failed", len(report.Failed))
	return err
}

// Register implements host.Service.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	registrar = rpc.After(s.ready, registrar)
	directoryv1.RegisterUserServiceServer(registrar, api.NewUsers(s.directory, s.runner))
	directoryv1.RegisterMappingServiceServer(registrar, api.NewMappings(s.directory, s.runner))
}

// Run implements host.Service.
func (s *Service) Run(ctx context.Context) error {
	defer s.tenants.Close()
	return lifecycle.Run(ctx,
		lifecycle.Part{Name: "users", Run: s.directory.Users.Run},
		lifecycle.Part{Name: "mappings", Run: s.directory.Mappings.Run},
		lifecycle.Part{Name: "connections", Run: s.connections.Run},
		lifecycle.Part{Name: "schedule", Run: s.work},
	)
}

func (s *Service) work(ctx context.Context) error {
	if s.ready(ctx) != nil {
		return nil // it ends before it has begun
	}
	return s.schedule.Run(ctx)
}

// ready waits until everything that was there at the start can be seen.
func (s *Service) ready(ctx context.Context) error {
	for _, ready := range []<-chan struct{}{s.directory.Users.Ready(), s.directory.Mappings.Ready(), s.connections.Ready()} {
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// connectionChanged wants a sync of every connection that is there at the start, that appears, that
// may have become able to be read, or that is gone and has to be forgotten.
func (s *Service) connectionChanged(before, after state.Entity[*authv1.Connection]) {
	if after.Value == nil {
		s.schedule.Want(before.Key.Connection, "connection-removed")
		return
	}
	s.schedule.Want(after.Key.Connection, after.Fact)
}

// mappingChanged wants a sync where a mapping came, changed or went.
func (s *Service) mappingChanged(before, after state.Entity[*directoryv1.Mapping]) {
	connection := after.Key.Connection
	if after.Value == nil {
		connection = before.Key.Connection
	}
	s.schedule.Want(connection, "mapping edited")
}
