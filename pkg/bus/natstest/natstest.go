// Package natstest gives tests a real nats-server, in this process, that they can stop and start.
package natstest

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/embedded"
)

// Server is one nats-server that keeps its address and its store when it is restarted.
type Server struct {
	tb     testing.TB
	config embedded.Config

	mu      sync.Mutex
	running *server.Server
}

const patience = 30 * time.Second

// Run starts a server with a store in a directory of the test, and stops it when the test ends. It
// does not sync to disk, which a test of logic does not need.
func Run(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{tb: tb, config: embedded.Config{StoreDir: tb.TempDir(), Listen: "127.0.0.1:0", NoSync: true, Logger: silent()}}
	s.Start()
	s.config.Listen = s.running.Addr().String()
	tb.Cleanup(s.Stop)
	return s
}

// Start starts the server again after [Server.Stop].
func (s *Server) Start() {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	running, err := embedded.Start(s.config)
	if err != nil {
		s.tb.Fatalf("start nats-server: %v", err)
	}
	s.running = running
}

// Stop ends the server; connections see it go away. Stopping twice is fine.
func (s *Server) Stop() {
	s.tb.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := embedded.Stop(ctx, s.running); err != nil {
		s.tb.Errorf("stop nats-server: %v", err)
	}
	s.running = nil
}

// Restart stops the server and starts it on the same address and store.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	s.Start()
}

// URL is where the server listens.
func (s *Server) URL() string { return "nats://" + s.config.Listen }

// Connect returns a new connection, closed when the test ends.
func (s *Server) Connect() jetstream.JetStream {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	js, err := bus.Connect(ctx, bus.Connection{Service: "test", URL: s.URL(), Logger: silent()})
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(js.Conn().Close)
	return js
}

// Bootstrapped starts a server with all streams and returns it with a connection.
func Bootstrapped(tb testing.TB, config bus.Config) (*Server, jetstream.JetStream) {
	tb.Helper()
	s := Run(tb)
	js := s.Connect()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := bus.Bootstrap(ctx, js, config); err != nil {
		tb.Fatal(err)
	}
	return s, js
}

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }
