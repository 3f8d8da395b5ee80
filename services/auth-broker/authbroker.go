package authbroker

import (
	"context"
	"path/filepath"
	"time"

	"go.opentelemetry.io/otel"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity/audit"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/metrics"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/api"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/entra"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/keys"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/sealed"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/tokencache"
)

// Service is auth-broker. Make it with [New].
type Service struct {
	host   *host.Host
	store  *outbox.Store
	entra  *entra.Client
	broker *connection.Broker
	tokens *token.Source
	keys   *keys.Keys

	stopping chan struct{}
}

// New builds the service on its host.
func New(ctx context.Context, h *host.Host) (*Service, error) {
	ring, err := seal.Open(filepath.Join(h.Config.DataDir, "seal.key"))
	if err != nil {
		return nil, err
	}
	secrets, err := sealed.Open(ctx, h.Bus, ring)
	if err != nil {
		return nil, err
	}
	s := &Service{host: h, store: outbox.New(h.State), entra: entra.New(time.Now), keys: keys.New(filepath.Join(h.Config.DataDir, "keys")), stopping: make(chan struct{})}
	cache := newCache(h, ring)
	s.broker = &connection.Broker{Store: s.store, Secrets: secrets, Entra: s.entra, Keeper: keeper{cache, h.Log}, Now: time.Now}
	s.tokens = token.NewSource(cache, issuer{s.broker}, h.Log, time.Now)
	return s, nil
}

// newCache keeps tokens in Redis where there is one, for all brokers.
func newCache(h *host.Host, ring *seal.Ring) token.Cache {
	local := tokencache.NewMemory(time.Now)
	if h.Redis == nil {
		return local
	}
	return tokencache.NewFallback(tokencache.NewRedis(h.Redis, ring, time.Now), local, time.Now)
}

// Register adds the gRPC services.
func (s *Service) Register(registrar grpc.ServiceRegistrar) {
	authv1.RegisterConnectionServiceServer(registrar, &api.Connections{Broker: s.broker})
	authv1.RegisterTokenServiceServer(registrar, &api.Tokens{Source: s.tokens})
	authv1.RegisterKeyServiceServer(registrar, &api.Keys{Units: s.keys, Connections: s.store})
	authv1.RegisterAuditServiceServer(registrar, &api.Audit{Trail: audit.NewTrail(s.host.Bus)})
	authv1.RegisterBudgetServiceServer(registrar, &api.Budgets{Ledger: s.host.Ledger, Connections: s.store, Stopping: s.stopping})
}

// Run works until ctx ends. It can be called once.
func (s *Service) Run(ctx context.Context) error {
	defer s.entra.Close()
	defer s.tokens.Close()
	stop := context.AfterFunc(ctx, func() { close(s.stopping) })
	defer stop()
	unregister, err := metrics.Register(otel.Meter("tenantkeep/auth-broker"), s.host.Ledger, s.store.IDs)
	if err != nil {
		return err
	}
	defer func() { _ = unregister() }() // the process ends, and its metrics with it
	return lifecycle.Run(ctx,
		lifecycle.Part{Name: "connections", Run: s.store.Run},
		lifecycle.Part{Name: "sweep", Run: s.sweep},
	)
}

// sweepEvery is how often what died half-way is looked for; credentials are small and their removal is
// otherwise immediate.
const sweepEvery = 10 * time.Minute

func (s *Service) sweep(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.broker.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.host.Log.Warn("sweep credentials", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
