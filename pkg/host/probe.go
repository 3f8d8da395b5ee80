package host

import (
	"context"
	"net"
	"path/filepath"
	"time"

	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
)

// probeFor bounds a probe, whoever asked for it: containers are probed every few seconds.
const probeFor = 3 * time.Second

// Probe asks the process that runs with this configuration, on this machine, whether it serves: the
// health check of a container that has no other program in it. That NATS or Redis is away is no
// reason to restart a process that waits for it, so neither is asked.
func Probe(ctx context.Context, config Config) error {
	trust, err := pki.Trust(filepath.Join(config.PKIDir, "ca.pem"))
	if err != nil {
		return err
	}
	// The certificate has the service's name, whatever the address that it listens at.
	trust.ServerName = string(config.Service)
	connection, err := rpc.Dial(here(config.Listen), trust, "")
	if err != nil {
		return err
	}
	defer func() { _ = connection.Close() }() // the answer is there, or there is none
	ctx, cancel := context.WithTimeout(ctx, probeFor)
	defer cancel()
	reply, err := healthpb.NewHealthClient(connection).Check(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		return fault.Wrap("probe "+config.Listen, err)
	}
	if reply.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		return fault.New(fault.Transient, "probe "+config.Listen, "the process starts or ends", fault.Next("see its log"))
	}
	return nil
}

// here is an address under which this machine reaches what listens at another, maybe at all of its addresses.
func here(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
