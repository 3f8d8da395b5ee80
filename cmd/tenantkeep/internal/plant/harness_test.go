package plant_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/plant"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// bench is an all-in-one that runs, and the tenant that it is for.
type bench struct {
	*testing.T
	about  client.Context
	nats   string
	tenant string // address
	client *client.Client
	limits int // percent of the published limits; 0 for all of them
}

// start runs an all-in-one and serves a tenant. Seen, which may be nil, is told of every request to
// the tenant.
func start(t *testing.T, config sim.Config, seen func(*http.Request)) *bench {
	t.Helper()
	simulator, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen != nil {
			seen(r)
		}
		simulator.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	b := &bench{T: t, nats: freeAddress(t), tenant: web.URL}
	b.run()
	if b.client, err = client.New(b.about); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.client.Close)
	return b
}

func (b *bench) run() {
	b.Helper()
	dir := b.TempDir()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan client.Context, 1), make(chan error, 1)
	go func() {
		config := plant.Config{Dir: filepath.Join(dir, "data"), Listen: "127.0.0.1:0", NATS: b.nats, Limits: b.limits, Log: telemetry.NewLog(log, "test")}
		ended <- plant.Run(ctx, config, func(c client.Context) { ready <- c })
	}()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Errorf("all-in-one: %v", err)
		}
		b.showLog(log)
	})
	select {
	case b.about = <-ready:
	case err := <-ended:
		ended <- nil
		b.Fatalf("start all-in-one: %v", err)
	}
}

func (b *bench) showLog(log *os.File) {
	defer log.Close()
	if text, err := os.ReadFile(log.Name()); err == nil && b.Failed() {
		b.Logf("log: ...%s", text[max(0, len(text)-8000):])
	}
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (b *bench) to(service identity.Service) *grpc.ClientConn {
	b.Helper()
	connection, err := b.client.To(service)
	if err != nil {
		b.Fatal(err)
	}
	return connection
}

// protect connects the tenant with all its users, and returns the connection's name.
func (b *bench) protect() string {
	b.Helper()
	var tenant struct{ Tenant, ClientID, ClientSecret string }
	b.control(http.MethodGet, "/sim/tenant", "", &tenant)
	made, err := authv1.NewConnectionServiceClient(b.to(identity.AuthBroker)).CreateConnection(b.Context(), &authv1.CreateConnectionRequest{
		Connection: &authv1.Connection{Cloud: "sim", Simulator: b.tenant, TenantId: tenant.Tenant, ApplicationId: tenant.ClientID},
		Credential: &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: tenant.ClientSecret}},
	})
	if err != nil {
		b.Fatal(err)
	}
	name := made.GetConnection().GetName()
	_, err = directoryv1.NewMappingServiceClient(b.to(identity.DirectorySync)).CreateMapping(b.Context(), &directoryv1.CreateMappingRequest{
		Parent: name, Mapping: &directoryv1.Mapping{Profile: "profiles/standard", Criterion: &directoryv1.Criterion{Kind: &directoryv1.Criterion_AllUsers{AllUsers: &directoryv1.AllUsers{}}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return name
}

// mailbox waits until some mailbox has its first backup, and returns its name.
func (b *bench) mailbox(connection string) string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	service := backupv1.NewResourceServiceClient(b.to(identity.BackupWorker))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		reply, err := service.ListResources(ctx, &backupv1.ListResourcesRequest{Parent: connection})
		if err != nil {
			b.Fatalf("wait for the first backup: %v", err)
		}
		for _, resource := range reply.GetResources() {
			if strings.Contains(resource.GetName(), "/mail-") && resource.GetLastSuccess() != nil {
				return resource.GetName()
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// control asks the tenant's control API.
func (b *bench) control(method, path, body string, answer any) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), method, b.tenant+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	if err := json.NewDecoder(reply.Body).Decode(answer); err != nil || reply.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %s %v", method, path, reply.Status, err)
	}
}
