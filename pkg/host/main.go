package host

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/audit"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
)

// Main is the whole main function of a service's own process. It returns the exit status: 0 when
// it was told to stop, 1 when it failed, 2 when it was set up wrongly. With --health it is what
// [Probe] found.
func Main[S Service](service identity.Service, build func(context.Context, *Host) (S, error)) int {
	config, err := ParseConfig(service, os.Args[1:], os.Getenv, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, fault.Sentence(err))
		return 2
	}
	ctx, stop := lifecycle.Interrupted(context.Background())
	defer stop()
	work := func() error { return run(ctx, config, build) }
	if config.Health {
		work = func() error { return Probe(ctx, config) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, string(service)+": "+fault.Sentence(err))
		return 1
	}
	return 0
}

// closeFor bounds what is done after the parts have stopped.
const closeFor = 10 * time.Second

func run[S Service](ctx context.Context, config Config, build func(context.Context, *Host) (S, error)) error {
	tell, err := telemetry.Setup(ctx, telemetry.Config{Service: string(config.Service), Collector: config.Collector})
	if err != nil {
		return err
	}
	log := telemetry.NewLog(os.Stderr, string(config.Service))
	h, err := New(ctx, config, log, nil)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
		defer cancel()
		h.Close(ctx)
		h.closed(tell.Shutdown(ctx))
	}()
	service, err := build(ctx, h)
	if err != nil {
		return err
	}
	server, err := NewServer(h)
	if err != nil {
		return err
	}
	service.Register(server)
	parts := []lifecycle.Part{
		{Name: string(config.Service), Run: service.Run},
		{Name: "gRPC server", Run: func(ctx context.Context) error { return Serve(ctx, server, config.Listen) }},
	}
	if config.Metrics != "" {
		parts = append(parts, lifecycle.Part{Name: "metrics server", Run: func(ctx context.Context) error {
			return serveMetrics(ctx, config.Metrics, tell.Metrics)
		}})
	}
	return lifecycle.Run(ctx, parts...)
}

// NewServer makes the gRPC server of a process from the files that its configuration names.
func NewServer(h *Host) (*rpc.Server, error) {
	config, err := pki.Server(h.Config.PKIDir, h.Config.Service)
	if err != nil {
		return nil, err
	}
	token, err := identity.AdminToken(h.Config.TokenFile)
	if err != nil {
		return nil, err
	}
	return rpc.NewServer(rpc.Config{TLS: config, Tokens: identity.NewTokens(token), Trail: audit.NewTrail(h.Bus), Log: h.Log}), nil
}

// Listen takes the address that gRPC is served at.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	return listener, fault.As(fault.Precondition, "listen", err, fault.Next("choose another address with --listen, or end what uses this one"))
}

// Serve answers gRPC at the address until ctx ends.
func Serve(ctx context.Context, server *rpc.Server, address string) error {
	listener, err := Listen(ctx, address)
	if err != nil {
		return err
	}
	server.Ready()
	return server.Serve(ctx, listener)
}

func serveMetrics(ctx context.Context, address string, metrics http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	server := &http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing in hand is worth waiting for
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fault.As(fault.Precondition, "serve metrics", err, fault.Next("choose another address with --metrics"))
	}
	return nil
}

var _ grpc.ServiceRegistrar = (*rpc.Server)(nil)
