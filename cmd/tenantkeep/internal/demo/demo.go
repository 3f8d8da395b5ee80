// Package demo does the whole job in front of the reader: a simulated tenant is connected, backed
// up, changed, lost, and restored, by the very commands that an administrator would type, and the
// simulator's checksums from before the disaster and after the restore have to agree.
package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/plant"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
	"github.com/tenantkeep/tenantkeep/sim"
)

// Config says how big the tenant is and what shall go wrong.
type Config struct {
	Users, Mails, Files int
	Seed                uint64
	Dir                 string // where to keep everything; empty for a temporary directory
	// Sabotage makes the simulator damage one thing of what the restore writes: byte, flag or drop.
	// The demo then has to fail and name it.
	Sabotage string
	Out      io.Writer
	// Command runs one command line against a context file and returns its exit status.
	Command func(ctx context.Context, contextFile string, arguments ...string) int
}

// Run tells the story. An error is what kept it from ending well.
func Run(ctx context.Context, config Config) error {
	if config.Dir == "" {
		dir, err := os.MkdirTemp("", "tenantkeep-demo-")
		if err != nil {
			return fault.As(fault.Precondition, "make demo directory", err)
		}
		defer os.RemoveAll(dir)
		config.Dir = dir
	}
	tenant, err := startSimulator(ctx, config)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(config.Dir, "demo.log"))
	if err != nil {
		return fault.As(fault.Precondition, "make demo log", err)
	}
	defer log.Close()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	told := make(chan error, 1)
	err = plant.Run(ctx, plant.Config{Dir: config.Dir, Listen: "127.0.0.1:0", Log: telemetry.NewLog(log, "demo")}, func(client.Context) {
		story := &story{Config: config, tenant: tenant, context: filepath.Join(config.Dir, "context.json"), began: time.Now()}
		told <- story.tell(ctx)
		cancel()
	})
	select {
	case outcome := <-told:
		if outcome != nil {
			return outcome
		}
		return err
	default: // the server ended before the story did
		return err
	}
}

// startSimulator serves a tenant until ctx ends and returns where.
func startSimulator(ctx context.Context, config Config) (*tenant, error) {
	server, err := sim.New(sim.Config{Users: config.Users, Mails: config.Mails, Files: config.Files, Seed: config.Seed})
	if err != nil {
		return nil, fault.As(fault.Internal, "make tenant", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.As(fault.Precondition, "serve tenant", err)
	}
	web := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() { _ = web.Serve(listener) }() // ends with Close
	context.AfterFunc(ctx, func() { _ = web.Close() })
	return &tenant{address: listener.Addr().String()}, nil
}

// say prints a chapter's heading.
func (s *story) say(format string, values ...any) {
	fmt.Fprintf(s.Out, "\n== "+format+"\n", values...)
}
