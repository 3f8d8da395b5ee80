// Package plant is the all-in-one: the five services, an embedded nats-server, budgets and tokens
// in memory and a filesystem vault, in one process behind one gRPC address.
//
// It is the fleet without its servers: the services are the same, call each other over the same
// mutual TLS, and keep their state in the same streams. What it keeps lies in one directory:
//
//	pki/          the installation's authority and the services' certificates
//	admin.token   the administrator's token (0600)
//	context.json  where the command line finds the server
//	nats/         the streams
//	vault/        the backups, one directory for each connection
//	<service>/    what a service alone keeps, such as the keys of auth-broker
package plant

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/embedded"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
	backupworker "github.com/tenantkeep/tenantkeep/services/backup-worker"
	directorysync "github.com/tenantkeep/tenantkeep/services/directory-sync"
	"github.com/tenantkeep/tenantkeep/services/notifier"
	restoreworker "github.com/tenantkeep/tenantkeep/services/restore-worker"
)

// Config is how an all-in-one is set up.
type Config struct {
	Dir    string // everything that it keeps
	Listen string // gRPC, host:port; port 0 for a free one
	NATS   string // host:port for subscribers to events; empty for none
	Limits int    // percent of Microsoft's published limits to live on; 0 for all of them
	Log    *slog.Logger
}

// closeFor bounds what is done after the services have stopped.
const closeFor = 10 * time.Second

// builders make the services, in the order in which they start.
var builders = map[identity.Service]func(context.Context, *host.Host) (host.Service, error){
	identity.AuthBroker:    builder(authbroker.New),
	identity.DirectorySync: builder(directorysync.New),
	identity.BackupWorker:  builder(backupworker.New),
	identity.RestoreWorker: builder(restoreworker.New),
	identity.Notifier:      builder(notifier.New),
}

func builder[S host.Service](build func(context.Context, *host.Host) (S, error)) func(context.Context, *host.Host) (host.Service, error) {
	return func(ctx context.Context, h *host.Host) (host.Service, error) { return build(ctx, h) }
}

// Run runs the all-in-one until ctx ends. Ready, which may be nil, is called once it serves.
func Run(ctx context.Context, config Config, ready func(client.Context)) error {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return fault.As(fault.Invalid, "find data directory", err)
	}
	config.Dir = dir
	if err := prepare(dir); err != nil {
		return err
	}
	nats, err := embedded.Start(embedded.Config{StoreDir: filepath.Join(dir, "nats"), Listen: config.NATS, Logger: config.Log})
	if err != nil {
		return err
	}
	defer stopNATS(ctx, nats, config.Log)
	listener, err := host.Listen(ctx, config.Listen)
	if err != nil {
		return err
	}
	defer listener.Close() // closed already if it served
	p := &plant{config: config, shared: &host.Plant{Bus: bus.Connection{InProcess: nats}, Ledger: ratelimit.NewMemory()}}
	defer p.close(ctx)
	parts, err := p.build(ctx, listener)
	if err != nil {
		return err
	}
	about := client.Context{Server: reachable(listener.Addr()), CA: filepath.Join(dir, "pki", "ca.pem"), TokenFile: filepath.Join(dir, "admin.token")}
	if err := about.Write(filepath.Join(dir, "context.json")); err != nil {
		return err
	}
	if ready != nil {
		parts = append(parts, lifecycle.Part{Name: "ready", Run: func(ctx context.Context) error { ready(about); <-ctx.Done(); return nil }})
	}
	return lifecycle.Run(ctx, parts...)
}

// reachable is how this machine reaches an address that is listened at: every address is none to dial.
func reachable(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(tcp.Port))
	}
	return address.String()
}

func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault.As(fault.Precondition, "make data directory", err)
	}
	if err := pki.Ensure(filepath.Join(dir, "pki")); err != nil {
		return err
	}
	_, err := identity.AdminToken(filepath.Join(dir, "admin.token"))
	return err
}

// plant is what one run has made.
type plant struct {
	config Config
	shared *host.Plant
	hosts  []*host.Host
}

// build makes the services and the server that all of them share.
func (p *plant) build(ctx context.Context, listener net.Listener) ([]lifecycle.Part, error) {
	var gate *rpc.Server
	var parts []lifecycle.Part
	for _, name := range identity.Services {
		h, err := host.New(ctx, p.hostConfig(name, listener.Addr().String()), p.config.Log.With("service", name), p.shared)
		if err != nil {
			return nil, err
		}
		p.hosts = append(p.hosts, h)
		if gate == nil {
			if gate, err = host.NewServer(h); err != nil {
				return nil, err
			}
		}
		service, err := builders[name](ctx, h)
		if err != nil {
			return nil, err
		}
		service.Register(grpc.ServiceRegistrar(gate))
		parts = append(parts, lifecycle.Part{Name: string(name), Run: service.Run})
	}
	return append(parts, lifecycle.Part{Name: "gRPC server", Run: func(ctx context.Context) error {
		gate.Ready()
		return gate.Serve(ctx, listener)
	}}), nil
}

func (p *plant) hostConfig(service identity.Service, address string) host.Config {
	peers := map[identity.Service]string{}
	for _, peer := range identity.Services {
		peers[peer] = address
	}
	return host.Config{
		Service: service, Peers: peers, Roles: "api,work", Limits: p.config.Limits,
		DataDir: filepath.Join(p.config.Dir, string(service)), PKIDir: filepath.Join(p.config.Dir, "pki"),
		TokenFile: filepath.Join(p.config.Dir, "admin.token"), VaultDir: filepath.Join(p.config.Dir, "vault"),
	}
}

func (p *plant) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	for _, h := range p.hosts {
		h.Close(ctx)
	}
}

func stopNATS(ctx context.Context, nats *server.Server, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeFor)
	defer cancel()
	if err := embedded.Stop(ctx, nats); err != nil {
		log.Warn("stop nats-server", "error", err)
	}
}
