package host_test

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
)

// listening serves gRPC as directory-sync does, at every address of this machine.
func listening(t *testing.T) (*rpc.Server, host.Config) {
	t.Helper()
	config := host.Config{Service: identity.DirectorySync, PKIDir: filepath.Join(t.TempDir(), "pki")}
	if err := pki.Ensure(config.PKIDir); err != nil {
		t.Fatal(err)
	}
	certificates, err := pki.Server(config.PKIDir, config.Service)
	if err != nil {
		t.Fatal(err)
	}
	server := rpc.NewServer(rpc.Config{TLS: certificates, Tokens: identity.NewTokens("tk_test"), Log: slog.New(slog.DiscardHandler)})
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	config.Listen = net.JoinHostPort("0.0.0.0", port)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return server, config
}

func TestProbeTellsWhetherAProcessServes(t *testing.T) {
	server, config := listening(t)
	if err := host.Probe(t.Context(), config); !fault.Is(err, fault.Transient) {
		t.Errorf("a process that is not ready: %v", err)
	}
	server.Ready()
	if err := host.Probe(t.Context(), config); err != nil {
		t.Errorf("a process that serves: %v", err)
	}
}

func TestProbeFailsWithoutTheRightProcess(t *testing.T) {
	server, config := listening(t)
	server.Ready()
	other := config
	other.Service = identity.Notifier
	if err := host.Probe(t.Context(), other); err == nil {
		t.Error("another service at the address is taken for well")
	}
	nobody := config
	nobody.Listen = "127.0.0.1:1"
	if err := host.Probe(t.Context(), nobody); !fault.Is(err, fault.Transient) {
		t.Errorf("nobody at the address: %v", err)
	}
	foreign := config
	foreign.PKIDir = t.TempDir()
	if err := host.Probe(t.Context(), foreign); !fault.Is(err, fault.Precondition) {
		t.Errorf("no authority: %v", err)
	}
}
