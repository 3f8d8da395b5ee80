// Package redistest starts a real redis-server for tests: the binary in PATH, on a port of its
// own, without persistence, gone when the test ends. Debian: apt-get install redis-server.
package redistest

import (
	"context"
	"io"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Server is a running redis-server. Its address stays the same over Stop and Start.
type Server struct {
	Address string // host:port
	t       testing.TB
	process *exec.Cmd
}

// Start runs a redis-server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{Address: freeAddress(t), t: t}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Start runs the server again after Stop, empty.
func (s *Server) Start() {
	s.t.Helper()
	host, port, _ := net.SplitHostPort(s.Address)
	s.process = exec.Command("redis-server", "--bind", host, "--port", port,
		"--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", s.t.TempDir())
	s.process.Stdout, s.process.Stderr = io.Discard, io.Discard
	if err := s.process.Start(); err != nil {
		s.t.Fatalf("start redis-server: %v (apt-get install redis-server)", err)
	}
	s.awaitReady()
}

// Stop ends the server and waits until it is gone. Stopping twice is harmless.
func (s *Server) Stop() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // the error says that it was killed
	s.process = nil
}

// Client returns a client that is closed when the test ends.
func (s *Server) Client() *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: s.Address, MaxRetries: -1})
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

func (s *Server) awaitReady() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	client := redis.NewClient(&redis.Options{Addr: s.Address})
	defer func() { _ = client.Close() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.t.Fatalf("redis-server at %s does not answer", s.Address)
		}
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
