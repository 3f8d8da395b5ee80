package host

import (
	"context"
	"crypto/tls"
	"log/slog"
	"maps"
	"os"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// Host is what one service stands on. Its fields are ready to use and stay the host's to close.
type Host struct {
	Config Config
	Log    *slog.Logger
	Bus    jetstream.JetStream
	State  state.Store
	Ledger ratelimit.Ledger
	Redis  redis.UniversalClient // nil where everything is one process
	Owner  string                // this process among its replicas: service-host-pid

	client *tls.Config
	mu     sync.Mutex
	peers  map[identity.Service]*grpc.ClientConn
}

// Service is one of the five, built on a Host.
type Service interface {
	// Register adds the service's gRPC services.
	Register(registrar grpc.ServiceRegistrar)
	// Run works until ctx ends, and returns nil then.
	Run(ctx context.Context) error
}

// Plant is what an all-in-one shares among its services instead of servers of their own.
type Plant struct {
	Bus    bus.Connection   // how to reach the embedded nats-server
	Ledger ratelimit.Ledger // in memory
}

// New connects to what the service needs. Streams are made or brought up to date on the way. Plant
// is nil for a process of a fleet, which finds a nats-server and a redis-server at its addresses.
func New(ctx context.Context, config Config, log *slog.Logger, plant *Plant) (*Host, error) {
	h := &Host{Config: config, Log: log, Owner: owner(config.Service), peers: map[identity.Service]*grpc.ClientConn{}}
	var err error
	if h.client, err = pki.Client(config.PKIDir, config.Service); err != nil {
		return nil, err
	}
	connection := bus.Connection{URL: config.NATS}
	if plant != nil {
		connection, h.Ledger = plant.Bus, plant.Ledger
	} else if err := h.openRedis(config.Redis); err != nil {
		return nil, err
	}
	if config.Limits != 0 {
		h.Ledger = ratelimit.NewAgreed(h.Ledger, config.Limits)
	}
	connection.Service, connection.Logger = string(config.Service), log
	if h.Bus, err = connect(ctx, connection); err != nil {
		return nil, err
	}
	if err := bus.Bootstrap(ctx, h.Bus, bus.Config{AckWait: config.AckWait}); err != nil {
		return nil, err
	}
	h.State, err = state.NewJetStream(ctx, h.Bus, string(config.Service))
	return h, err
}

func owner(service identity.Service) string {
	name, err := os.Hostname()
	if err != nil {
		name = "unknown"
	}
	return string(service) + "-" + name + "-" + pid()
}

// Peer returns the connection to another service; it stays the host's to close.
func (h *Host) Peer(service identity.Service) (*grpc.ClientConn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if peer := h.peers[service]; peer != nil {
		return peer, nil
	}
	address, known := h.Config.Peers[service]
	if !known {
		return nil, fault.New(fault.Internal, "dial "+string(service), "no address is configured")
	}
	peer, err := rpc.Dial(address, h.client, "")
	if err == nil {
		h.peers[service] = peer
	}
	return peer, err
}

// Jobs returns the queue of jobs.
func (h *Host) Jobs() *jobs.Queue {
	return jobs.New(h.Bus, jobs.Config{AckWait: h.Config.AckWait, Logger: h.Log})
}

// Close closes every connection, the bus last, so that what was being said arrives.
func (h *Host) Close(ctx context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for peer := range maps.Values(h.peers) {
		h.closed(peer.Close())
	}
	if h.Redis != nil {
		h.closed(h.Redis.Close())
	}
	h.closed(bus.Close(ctx, h.Bus))
}

// closed logs: at the end of a process nobody can do more about it.
func (h *Host) closed(err error) {
	if err != nil {
		h.Log.Warn("close", "error", err)
	}
}
