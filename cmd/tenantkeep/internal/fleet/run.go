package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
)

// Fleet is processes that run.
type Fleet struct {
	plan Plan
	data string

	mu      sync.Mutex
	running map[string]*running
}

// Start starts a fleet's processes. Each writes its output to <data>/log/<name>.log.
func Start(ctx context.Context, options Options) (*Fleet, error) {
	plan, err := Read(options)
	if err != nil {
		return nil, err
	}
	f := &Fleet{plan: plan, data: options.Data, running: map[string]*running{}}
	if err := os.MkdirAll(filepath.Join(f.data, "log"), 0o700); err != nil {
		return nil, fault.As(fault.Precondition, "start fleet", err)
	}
	for _, process := range plan.Processes {
		if err := f.start(ctx, process, process.Name); err != nil {
			f.Stop()
			return nil, err
		}
	}
	return f, f.writeContext()
}

// running is one process, and when it ends, how.
type running struct {
	command *exec.Cmd
	ended   chan struct{}
	err     error
}

// Restart starts a service again, after its process has ended.
func (f *Fleet) Restart(ctx context.Context, name string) error {
	for _, process := range f.plan.Processes {
		if process.Name == name {
			return f.start(ctx, process, name)
		}
	}
	return fault.New(fault.NotFound, "restart", "there is no service "+name)
}

// Add starts one more process of a service under a name and with environment of its own.
func (f *Fleet) Add(ctx context.Context, service, name string, environment ...string) error {
	for _, process := range f.plan.Processes {
		if process.Name == service {
			process.Environment = append(process.Environment, environment...)
			return f.start(ctx, process, name)
		}
	}
	return fault.New(fault.NotFound, "add", "there is no service "+service)
}

func (f *Fleet) start(ctx context.Context, process Process, name string) error {
	log, err := os.OpenFile(filepath.Join(f.data, "log", name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fault.As(fault.Precondition, "open log of "+name, err)
	}
	command := exec.Command(process.Path, process.Arguments...)
	command.Env = append(os.Environ(), process.Environment...)
	command.Stdout, command.Stderr = log, log
	// A fleet that is killed takes its processes along.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		log.Close()
		return fault.As(fault.Precondition, "start "+name, err)
	}
	r := &running{command: command, ended: make(chan struct{})}
	go func() {
		r.err = command.Wait()
		log.Close()
		close(r.ended)
	}()
	f.mu.Lock()
	f.running[name] = r
	f.mu.Unlock()
	if process.Once {
		return f.await(ctx, r, name)
	}
	return nil
}

func (f *Fleet) await(ctx context.Context, r *running, name string) error {
	select {
	case <-r.ended:
		return fault.As(fault.Precondition, "run "+name, r.err, fault.Next("see "+filepath.Join(f.data, "log", name+".log")))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Kill ends a process as a crash would, and waits until it is gone.
func (f *Fleet) Kill(name string) { f.signal(name, syscall.SIGKILL) }

// Terminate tells a process to end, and waits until it has.
func (f *Fleet) Terminate(name string) { f.signal(name, syscall.SIGTERM) }

// patience is how long a process that was told to end may take.
const patience = 30 * time.Second

func (f *Fleet) signal(name string, signal syscall.Signal) {
	f.mu.Lock()
	r := f.running[name]
	f.mu.Unlock()
	if r == nil {
		return
	}
	_ = r.command.Process.Signal(signal) // one that has ended needs none
	select {
	case <-r.ended:
	case <-time.After(patience):
		_ = r.command.Process.Kill()
		<-r.ended
	}
}

// Stop ends all processes, those last that others need.
func (f *Fleet) Stop() {
	f.mu.Lock()
	var extra []string
	for name := range f.running {
		extra = append(extra, name)
	}
	f.mu.Unlock()
	for _, process := range f.plan.Processes {
		extra = without(extra, process.Name)
	}
	for _, name := range extra {
		f.Terminate(name)
	}
	for i := len(f.plan.Processes) - 1; i >= 0; i-- {
		f.Terminate(f.plan.Processes[i].Name)
	}
}

func without(names []string, name string) []string {
	var rest []string
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

// Address is where the service with that port in the compose file listens.
func (f *Fleet) Address(port int) string { return f.plan.Address(port) }

// ContextFile is the path of the context file for the command line.
func (f *Fleet) ContextFile() string { return filepath.Join(f.data, "context.json") }

// ports are those of docker-compose.yml.
var ports = map[identity.Service]int{
	identity.AuthBroker: 7101, identity.DirectorySync: 7102, identity.BackupWorker: 7103,
	identity.RestoreWorker: 7104, identity.Notifier: 7105,
}

func (f *Fleet) writeContext() error {
	about := client.Context{Services: map[identity.Service]string{}, CA: filepath.Join("pki", "ca.pem"), TokenFile: filepath.Join("pki", "admin.token")}
	for service, port := range ports {
		about.Services[service] = f.Address(port)
	}
	return about.Write(f.ContextFile())
}

// Ready waits until every service accepts connections, or one has ended.
func (f *Fleet) Ready(ctx context.Context) error {
	for service, port := range ports {
		if err := f.ready(ctx, string(service), f.Address(port)); err != nil {
			return err
		}
	}
	return nil
}

func (f *Fleet) ready(ctx context.Context, name, address string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err == nil {
			connection.Close()
			return nil
		}
		f.mu.Lock()
		r := f.running[name]
		f.mu.Unlock()
		select {
		case <-r.ended:
			return fault.As(fault.Precondition, "start "+name, fmt.Errorf("it ended: %w", errors.Join(r.err, err)),
				fault.Next("see "+filepath.Join(f.data, "log", name+".log")))
		case <-ctx.Done():
			return fault.As(fault.Transient, "wait for "+name, ctx.Err(), fault.Next("see "+filepath.Join(f.data, "log", name+".log")))
		case <-tick.C:
		}
	}
}
