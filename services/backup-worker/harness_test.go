package backupworker_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
	backupworker "github.com/tenantkeep/tenantkeep/services/backup-worker"
	"github.com/tenantkeep/tenantkeep/sim"
)

// patience is far beyond what anything here takes.
const patience = time.Minute

// ackWait is how soon the job of a worker that was killed goes to another.
const ackWait = 2 * time.Second

// place is an installation around one simulated tenant: nats-server, auth-broker, backup-workers.
type place struct {
	t          testing.TB
	dir        string
	nats       *natstest.Server
	sim        *sim.Server
	cloud      string // address of the simulator
	ledger     ratelimit.Ledger
	state      state.Store // what directory-sync writes, the test writes
	broker     string      // address of auth-broker
	connection m365.ConnectionID
	log        io.Writer
}

// newPlace sets one up around a simulator in this process.
func newPlace(t testing.TB, config sim.Config) *place {
	t.Helper()
	tenant, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	return newPlaceAt(t, tenant, server.URL)
}

// newPlaceAt sets one up around a simulator that serves such a tenant at an address.
func newPlaceAt(t testing.TB, tenant *sim.Server, address string) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), sim: tenant, cloud: address, ledger: ratelimit.NewMemory(), log: io.Discard}
	if os.Getenv("TENANTKEEP_TEST_LOG") != "" {
		p.log = os.Stderr
	}
	p.nats, _ = natstest.Bootstrapped(t, bus.Config{AckWait: ackWait})
	p.must(pki.Ensure(p.path("pki")))
	var err error
	p.state, err = state.NewJetStream(t.Context(), p.nats.Connect(), "directory-sync")
	p.must(err)
	p.startBroker()
	return p
}

func (p *place) path(name string) string { return filepath.Join(p.dir, name) }

func (p *place) config(service identity.Service) host.Config {
	return host.Config{
		Service: service, NATS: p.nats.URL(), DataDir: p.path(string(service)), PKIDir: p.path("pki"), VaultDir: p.path("vault"),
		TokenFile: p.path("admin.token"), Roles: "api,work", AckWait: ackWait,
		Peers: map[identity.Service]string{identity.AuthBroker: p.broker, identity.RestoreWorker: "127.0.0.1:1"},
	}
}

func (p *place) host(config host.Config) *host.Host {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h, err := host.New(ctx, config, slog.New(slog.NewTextHandler(p.log, nil)), &host.Plant{Bus: bus.Connection{URL: p.nats.URL()}, Ledger: p.ledger})
	p.must(err)
	return h
}

func (p *place) startBroker() {
	h := p.host(p.config(identity.AuthBroker))
	service, err := authbroker.New(p.t.Context(), h)
	p.must(err)
	p.broker = p.run(h, service).address
	reply, err := authv1.NewConnectionServiceClient(p.dial(p.broker)).CreateConnection(p.context(), &authv1.CreateConnectionRequest{
		Connection: &authv1.Connection{DisplayName: "Contoso", Cloud: "sim", Simulator: p.cloud, TenantId: p.sim.Tenant, ApplicationId: p.sim.ClientID},
		Credential: &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: p.sim.ClientSecret}},
	})
	p.must(err)
	p.connection = m365.ConnectionID(filepath.Base(reply.GetConnection().GetName()))
}

// running is one service that runs until the test ends, or until stop.
type running struct {
	place   *place
	address string
	stop    func() // waits until it has stopped
}

func (p *place) run(h *host.Host, service host.Service) *running {
	server, err := host.NewServer(h)
	p.must(err)
	service.Register(server)
	listener, err := (&net.ListenConfig{}).Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	p.must(err)
	server.Ready()
	life, end := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- service.Run(life) }()
	go func() { done <- server.Serve(life, listener) }()
	r := &running{place: p, address: listener.Addr().String()}
	r.stop = func() {
		end()
		for range 2 {
			if err := <-done; err != nil {
				p.t.Errorf("%s: %v", h.Config.Service, err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Close(ctx)
		r.stop = func() {}
	}
	p.t.Cleanup(func() { r.stop() })
	return r
}

// start runs a backup-worker of these roles.
func (p *place) start(roles string) *running {
	p.t.Helper()
	config := p.config(identity.BackupWorker)
	config.Roles = roles
	h := p.host(config)
	service, err := backupworker.New(p.t.Context(), h)
	p.must(err)
	return p.run(h, service)
}

// dial returns the administrator's connection to a service.
func (p *place) dial(address string) *grpc.ClientConn {
	p.t.Helper()
	config, err := pki.Trust(p.path("pki/ca.pem"))
	p.must(err)
	token, err := identity.AdminToken(p.path("admin.token"))
	p.must(err)
	conn, err := rpc.Dial(address, config, token)
	p.must(err)
	p.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) context() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

func (p *place) users() *state.Entities[*directoryv1.User] {
	return state.NewEntities(p.state, state.KindUser, (*directoryv1.User)(nil))
}

var bySync = state.Origin{Cause: "delta", Actor: "service:directory-sync"}

// provision writes the users of the simulated tenant as directory-sync does, and returns their ids.
func (p *place) provision(profile string) (ids []string) {
	p.t.Helper()
	for _, person := range p.sim.Directory.People() {
		p.provisionOne(person.ID, profile)
		ids = append(ids, person.ID)
	}
	return ids
}

func (p *place) provisionOne(id, profile string) {
	p.t.Helper()
	person, known := p.sim.Directory.Person(id)
	if !known {
		p.t.Fatal("no such person: " + id)
	}
	_, err := p.users().Create(p.context(), p.connection, id, "user-provisioned", &directoryv1.User{
		Name: "connections/" + string(p.connection) + "/users/" + id, EntraId: id, UserPrincipalName: person.Address,
		DisplayName: person.Name, Mail: person.Address, AccountEnabled: true, State: directoryv1.UserState_USER_STATE_ACTIVE, Profile: profile,
	}, bySync)
	p.must(err)
}

func (r *running) jobs() backupv1.JobServiceClient {
	return backupv1.NewJobServiceClient(r.place.dial(r.address))
}

func (r *running) backups() backupv1.BackupServiceClient {
	return backupv1.NewBackupServiceClient(r.place.dial(r.address))
}

func (r *running) profiles() backupv1.ProfileServiceClient {
	return backupv1.NewProfileServiceClient(r.place.dial(r.address))
}

func (r *running) resources() backupv1.ResourceServiceClient {
	return backupv1.NewResourceServiceClient(r.place.dial(r.address))
}

// wait watches a job until it has ended, and returns it as it is then.
func (r *running) wait(name string) *backupv1.Job {
	r.place.t.Helper()
	stream, err := r.jobs().WatchJob(r.place.context(), &backupv1.WatchJobRequest{Name: name})
	r.place.must(err)
	var job *backupv1.Job
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return job
		}
		if err != nil {
			r.place.t.Fatalf("watch %s, last %v: %v", name, job, err)
		}
		job = reply.GetJob()
	}
}

// backup starts a backup of a resource and waits for its end.
func (r *running) backup(resource string) *backupv1.Job {
	r.place.t.Helper()
	reply, err := r.backups().StartBackup(r.place.context(), &backupv1.StartBackupRequest{Resource: r.place.resource(resource)})
	r.place.must(err)
	return r.wait(reply.GetJob().GetName())
}

func (p *place) resource(id string) string {
	return "connections/" + string(p.connection) + "/resources/" + id
}

// eventually waits until a condition holds.
func (p *place) eventually(what string, holds func() bool) {
	p.t.Helper()
	ctx := p.context()
	for !holds() {
		if bus.Pause(ctx, 20*time.Millisecond) != nil {
			p.t.Fatal("never: " + what)
		}
	}
}
