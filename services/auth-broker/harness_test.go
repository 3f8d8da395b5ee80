package authbroker_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
	"github.com/tenantkeep/tenantkeep/sim"
)

const patience = 30 * time.Second

// place is what the brokers of one test share: a tenant, a nats-server, a directory, perhaps a Redis.
type place struct {
	t     *testing.T
	dir   string
	nats  *natstest.Server
	sim   *sim.Server
	cloud string // address of the simulator
	redis string // URL, or empty
	log   io.Writer
}

func newPlace(t *testing.T, config sim.Config) *place {
	t.Helper()
	tenant, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	p := &place{t: t, dir: t.TempDir(), sim: tenant, cloud: server.URL, log: io.Discard}
	p.nats, _ = natstest.Bootstrapped(t, bus.Config{})
	if err := pki.Ensure(filepath.Join(p.dir, "pki")); err != nil {
		t.Fatal(err)
	}
	return p
}

// running is one auth-broker.
type running struct {
	place   *place
	address string
	stop    func() // waits until it has stopped
}

// start runs an auth-broker on the place until the test ends.
func (p *place) start() *running {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	config := host.Config{
		Service: identity.AuthBroker, NATS: p.nats.URL(), Redis: p.redis, DataDir: filepath.Join(p.dir, "data"),
		PKIDir: filepath.Join(p.dir, "pki"), TokenFile: filepath.Join(p.dir, "admin.token"), Roles: "api,work",
	}
	var plant *host.Plant
	if p.redis == "" {
		plant = &host.Plant{Bus: bus.Connection{URL: p.nats.URL()}, Ledger: ratelimit.NewMemory()}
	}
	h, err := host.New(ctx, config, slog.New(slog.NewTextHandler(p.log, nil)), plant)
	p.must(err)
	service, err := authbroker.New(ctx, h)
	p.must(err)
	server, err := host.NewServer(h)
	p.must(err)
	service.Register(server)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	p.must(err)
	server.Ready()

	running := &running{place: p, address: listener.Addr().String()}
	life, end := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- service.Run(life) }()
	go func() { done <- server.Serve(life, listener) }()
	running.stop = func() {
		end()
		for range 2 {
			if err := <-done; err != nil {
				p.t.Errorf("auth-broker: %v", err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Close(ctx)
		running.stop = func() {}
	}
	p.t.Cleanup(func() { running.stop() })
	return running
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// as returns a connection of a service; "" is the administrator.
func (r *running) as(service identity.Service) *grpc.ClientConn {
	t := r.place.t
	t.Helper()
	dir, token := filepath.Join(r.place.dir, "pki"), ""
	var config *tls.Config
	var err error
	if service == "" {
		if config, err = pki.Trust(filepath.Join(dir, "ca.pem")); err == nil {
			token, err = identity.AdminToken(filepath.Join(r.place.dir, "admin.token"))
		}
	} else {
		config, err = pki.Client(dir, service)
	}
	if err != nil {
		t.Fatal(err)
	}
	if config == nil {
		t.Fatal("no TLS configuration")
	}
	conn, err := rpc.Dial(r.address, config, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (r *running) connections() authv1.ConnectionServiceClient {
	return authv1.NewConnectionServiceClient(r.as(""))
}

func (r *running) tokens() authv1.TokenServiceClient {
	return authv1.NewTokenServiceClient(r.as(identity.BackupWorker))
}

// request connects the simulated tenant with its secret.
func (p *place) request() *authv1.CreateConnectionRequest {
	return &authv1.CreateConnectionRequest{
		Connection: &authv1.Connection{DisplayName: "Contoso", Cloud: "sim", Simulator: p.cloud, TenantId: p.sim.Tenant, ApplicationId: p.sim.ClientID},
		Credential: secret(p.sim.ClientSecret),
	}
}

func secret(text string) *authv1.Credential {
	return &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: text}}
}

// connect connects the simulated tenant.
func (r *running) connect() *authv1.CreateConnectionResponse {
	r.place.t.Helper()
	reply, err := r.connections().CreateConnection(r.place.context(), r.place.request())
	r.place.must(err)
	return reply
}

func (p *place) context() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// sealedKeys lists what is in the bucket of sealed secrets.
func (p *place) sealedKeys() []string {
	p.t.Helper()
	bucket, err := p.nats.Connect().KeyValue(p.context(), bus.BucketSealed)
	p.must(err)
	lister, err := bucket.ListKeys(p.context())
	p.must(err)
	var keys []string
	for key := range lister.Keys() {
		keys = append(keys, key)
	}
	return keys
}
