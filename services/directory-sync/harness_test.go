package directorysync_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
	directorysync "github.com/tenantkeep/tenantkeep/services/directory-sync"
	"github.com/tenantkeep/tenantkeep/sim"
)

const patience = 2 * time.Minute

// place is a simulated tenant, a nats-server, auth-broker and directory-sync behind one address.
type place struct {
	testing.TB
	dir        string
	nats       *natstest.Server
	tenant     *sim.Server
	cloud      string // address of the simulator
	store      state.Store
	users      directoryv1.UserServiceClient
	mappings   directoryv1.MappingServiceClient
	connection string // connections/{connection}

	connections authv1.ConnectionServiceClient
}

func newPlace(t testing.TB, users int) *place {
	t.Helper()
	tenant, err := sim.New(sim.Config{Users: users, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tenant)
	t.Cleanup(server.Close)
	p := &place{TB: t, dir: t.TempDir(), tenant: tenant, cloud: server.URL}
	p.nats, _ = natstest.Bootstrapped(t, bus.Config{})
	p.must(pki.Ensure(filepath.Join(p.dir, "pki")))
	p.store, err = state.NewJetStream(t.Context(), p.nats.Connect(), "test")
	p.must(err)
	conn := p.serve()
	p.users, p.mappings = directoryv1.NewUserServiceClient(conn), directoryv1.NewMappingServiceClient(conn)
	p.connections = authv1.NewConnectionServiceClient(conn)
	p.connect()
	p.profile("standard", "gold")
	return p
}

// serve starts both services and returns the administrator's connection to them. The interval is
// long, so that a sync happens when something changes or is asked for.
func (p *place) serve() *grpc.ClientConn {
	p.Helper()
	listener, err := (&net.ListenConfig{}).Listen(p.Context(), "tcp", "127.0.0.1:0")
	p.must(err)
	ledger, address := ratelimit.NewMemory(), listener.Addr().String()
	ground := func(service identity.Service) *host.Host {
		h, err := host.New(p.Context(), host.Config{
			Service: service, NATS: p.nats.URL(), DataDir: filepath.Join(p.dir, string(service)), PKIDir: filepath.Join(p.dir, "pki"),
			TokenFile: filepath.Join(p.dir, "admin.token"), Roles: "api,work", Peers: map[identity.Service]string{identity.AuthBroker: address},
		}, slog.New(slog.DiscardHandler), &host.Plant{Bus: bus.Connection{URL: p.nats.URL()}, Ledger: ledger})
		p.must(err)
		return h
	}
	brokerHost, syncHost := ground(identity.AuthBroker), ground(identity.DirectorySync)
	broker, err := authbroker.New(p.Context(), brokerHost)
	p.must(err)
	directory, err := directorysync.Build(p.Context(), syncHost, directorysync.Config{Interval: time.Hour})
	p.must(err)
	server, err := host.NewServer(syncHost)
	p.must(err)
	broker.Register(server)
	directory.Register(server)
	server.Ready()
	p.run(func(ctx context.Context) error { return server.Serve(ctx, listener) }, broker.Run, directory.Run)
	p.Cleanup(func() { syncHost.Close(context.Background()); brokerHost.Close(context.Background()) })
	return p.dial(address)
}

// run runs parts until the test ends; what is cleaned up before was registered later.
func (p *place) run(parts ...func(context.Context) error) {
	ctx, end := context.WithCancel(context.Background())
	done := make(chan error, len(parts))
	for _, part := range parts {
		go func() { done <- part(ctx) }()
	}
	p.Cleanup(func() {
		end()
		for range parts {
			if err := <-done; err != nil {
				p.Error(err)
			}
		}
	})
}

func (p *place) dial(address string) *grpc.ClientConn {
	config, err := pki.Trust(filepath.Join(p.dir, "pki", "ca.pem"))
	p.must(err)
	token, err := identity.AdminToken(filepath.Join(p.dir, "admin.token"))
	p.must(err)
	conn, err := rpc.Dial(address, config, token)
	p.must(err)
	p.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (p *place) connect() {
	p.Helper()
	reply, err := p.connections.CreateConnection(p.within(), &authv1.CreateConnectionRequest{
		Connection: &authv1.Connection{DisplayName: "Contoso", Cloud: "sim", Simulator: p.cloud, TenantId: p.tenant.Tenant, ApplicationId: p.tenant.ClientID},
		Credential: &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: p.tenant.ClientSecret}},
	})
	p.must(err)
	p.connection = reply.GetConnection().GetName()
}

// profile writes what backup-worker would.
func (p *place) profile(ids ...string) {
	p.Helper()
	profiles := state.NewEntities(p.store, state.KindProfile, (*backupv1.Profile)(nil))
	for _, id := range ids {
		_, err := profiles.Create(p.within(), state.NoConnection, id, "profile-created", &backupv1.Profile{Name: "profiles/" + id}, state.Origin{})
		p.must(err)
	}
}

func (p *place) id() m365.ConnectionID { return m365.ConnectionID(p.connection[len("connections/"):]) }

func (p *place) within() context.Context {
	ctx, cancel := context.WithTimeout(p.Context(), patience)
	p.Cleanup(cancel)
	return ctx
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// graph makes a call to the simulated tenant as somebody in it would.
func (p *place) graph(method, path string, body any) map[string]any {
	p.Helper()
	return p.http(method, p.cloud+"/v1.0"+path, body, map[string]string{"Authorization": "Bearer " + p.token()})
}

// fate makes a call to the simulator's control API.
func (p *place) fate(method, path string, body any) map[string]any {
	p.Helper()
	return p.http(method, p.cloud+"/sim"+path, body, nil)
}

func (p *place) http(method, url string, body any, header map[string]string) map[string]any {
	p.Helper()
	var content []byte
	if body != nil {
		content, _ = json.Marshal(body)
	}
	request, err := http.NewRequestWithContext(p.within(), method, url, bytes.NewReader(content))
	p.must(err)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	p.must(err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	p.must(err)
	if response.StatusCode >= 300 {
		p.Fatalf("%s %s: %s %s", method, url, response.Status, answer)
	}
	decoded := map[string]any{}
	if len(answer) > 0 {
		p.must(json.Unmarshal(answer, &decoded))
	}
	return decoded
}

func (p *place) token() string {
	p.Helper()
	form := "grant_type=client_credentials&client_id=" + p.tenant.ClientID + "&client_secret=" + p.tenant.ClientSecret + "&scope=" + p.cloud + "/.default"
	response, err := http.Post(p.cloud+"/"+p.tenant.Tenant+"/oauth2/v2.0/token", "application/x-www-form-urlencoded", bytes.NewReader([]byte(form)))
	p.must(err)
	defer func() { _ = response.Body.Close() }()
	var reply struct {
		Token string `json:"access_token"`
	}
	p.must(json.NewDecoder(response.Body).Decode(&reply))
	return reply.Token
}
