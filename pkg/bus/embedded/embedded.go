// Package embedded runs a nats-server inside this process: the bus of the all-in-one and of tests. It
// is the same server with the same rules as one of its own; what differs is that nothing has to be
// installed. Every write is on disk before it is acknowledged (sync always), because the state stream
// is the system of record; the server's default syncs every two minutes.
package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Config of an embedded server.
type Config struct {
	StoreDir  string       // where streams are kept
	Listen    string       // host:port for other processes, port 0 for a free one; empty for none
	Name      string       // default "tenantkeep"
	MaxStore  int64        // bytes on disk; default 20 GiB
	MaxMemory int64        // bytes in memory streams; default 256 MiB
	NoSync    bool         // tests only: acknowledge before the disk has it
	Logger    *slog.Logger // default slog.Default()
}

const (
	defaultMaxStore  = 20 << 30
	defaultMaxMemory = 256 << 20
	startTimeout     = 30 * time.Second
)

// Start runs the server until [Stop]. It takes no signals: whoever owns the process does.
func Start(config Config) (*server.Server, error) {
	options, err := config.options()
	if err != nil {
		return nil, fault.As(fault.Invalid, "start nats-server", err, fault.Next("give an address such as 127.0.0.1:4222"))
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, fault.As(fault.Invalid, "start nats-server", err)
	}
	s.SetLoggerV2(newLogger(config.Logger), false, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) {
		s.Shutdown()
		return nil, fault.New(fault.Transient, "start nats-server", "it did not become ready",
			fault.Next("check that the address is free and that the store directory can be written"))
	}
	return s, nil
}

// Stop shuts the server down and waits until its files are closed. Close connections first.
func Stop(ctx context.Context, s *server.Server) error {
	s.Shutdown()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.WaitForShutdown()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fault.As(fault.Transient, "stop nats-server", ctx.Err())
	}
}

func (c Config) options() (*server.Options, error) {
	if c.StoreDir == "" {
		return nil, fmt.Errorf("no store directory")
	}
	options := &server.Options{
		ServerName: orDefault(c.Name, "tenantkeep"),
		JetStream:  true, StoreDir: c.StoreDir,
		JetStreamMaxStore: orDefault(c.MaxStore, defaultMaxStore), JetStreamMaxMemory: orDefault(c.MaxMemory, defaultMaxMemory),
		SyncAlways: !c.NoSync, NoSigs: true, DontListen: c.Listen == "",
		MaxPayload: 1 << 20,
	}
	if c.Listen == "" {
		return options, nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, err
	}
	options.Host = host
	options.Port, err = strconv.Atoi(port)
	if options.Port == 0 {
		options.Port = server.RANDOM_PORT
	}
	return options, err
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
