package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Config is what a server needs.
type Config struct {
	TLS    *tls.Config
	Tokens *identity.Tokens
	Trail  identity.Trail
	Log    *slog.Logger
}

// Server is a gRPC server with the chain that the package comment describes. Register services on
// it, then call Serve.
type Server struct {
	*grpc.Server
	health *health.Server
}

// maxMessage bounds one message in either direction. Content is streamed in parts far below it.
const maxMessage = 8 << 20

// NewServer builds a server.
func NewServer(config Config) *Server {
	guard := &guard{tokens: config.Tokens, trail: config.Trail, log: config.Log}
	server := grpc.NewServer(
		grpc.Creds(credentials.NewTLS(config.TLS)),
		grpc.StatsHandler(otelgrpc.NewServerHandler()),
		grpc.ChainUnaryInterceptor(guard.unary),
		grpc.ChainStreamInterceptor(guard.stream),
		grpc.MaxRecvMsgSize(maxMessage),
		// Clients ping to notice a dead server; the default policy would end their connections.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	s := &Server{Server: server, health: health.NewServer()}
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_NOT_SERVING)
	healthpb.RegisterHealthServer(server, s.health)
	return s
}

// Ready says that calls can be served from now on.
func (s *Server) Ready() {
	for service := range s.GetServiceInfo() {
		s.health.SetServingStatus(service, healthpb.HealthCheckResponse_SERVING)
	}
	s.health.SetServingStatus("", healthpb.HealthCheckResponse_SERVING)
}

// drainFor is how long calls in hand may take to end at shutdown; streams are cut then.
const drainFor = 5 * time.Second

// Serve answers calls until ctx ends, then lets the calls in hand finish.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.Server.Serve(listener) }()
	select {
	case err := <-served:
		return fault.Wrap("serve gRPC", err)
	case <-ctx.Done():
	}
	s.health.Shutdown()
	stop := time.AfterFunc(drainFor, s.Stop)
	defer stop.Stop()
	s.GracefulStop()
	if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fault.Wrap("serve gRPC", err)
	}
	return nil
}
