package restoreworker_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/brokerkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
	restoreworker "github.com/tenantkeep/tenantkeep/services/restore-worker"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/sim"
)

const patience = 60 * time.Second

// place is what the processes of a test share: a simulated tenant that is connected, a nats-server, an
// auth-broker, a directory.
type place struct {
	*testing.T
	dir        string
	nats       *natstest.Server
	tenant     *simtest.Tenant
	connection m365.ConnectionID
	peers      map[identity.Service]string
	backups    *host.Host // what backup-worker would stand on
}

func newPlace(t *testing.T, config sim.Config, wrap func(http.Handler) http.Handler) *place {
	t.Helper()
	p := &place{T: t, dir: t.TempDir(), tenant: simtest.Start(t, config, wrap), peers: map[identity.Service]string{}}
	p.nats, _ = natstest.Bootstrapped(t, bus.Config{})
	p.must(pki.Ensure(filepath.Join(p.dir, "pki")))
	start(p, identity.AuthBroker, authbroker.New)
	p.connect()
	p.backups = p.host(identity.BackupWorker)
	t.Cleanup(func() { p.backups.Close(context.Background()) })
	return p
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) context() context.Context {
	ctx, cancel := context.WithTimeout(p.T.Context(), patience)
	p.Cleanup(cancel)
	return ctx
}

func (p *place) host(service identity.Service) *host.Host {
	p.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	h, err := host.New(ctx, host.Config{
		Service: service, NATS: p.nats.URL(), DataDir: filepath.Join(p.dir, string(service)), PKIDir: filepath.Join(p.dir, "pki"),
		TokenFile: filepath.Join(p.dir, "admin.token"), VaultDir: filepath.Join(p.dir, "vault"), Roles: "api,work", Peers: p.peers,
	}, slog.New(slog.DiscardHandler), &host.Plant{Bus: bus.Connection{URL: p.nats.URL()}, Ledger: ratelimit.NewMemory()})
	p.must(err)
	return h
}

// start runs a service as a process of its own would, and returns what stops it.
func start[S host.Service](p *place, service identity.Service, build func(context.Context, *host.Host) (S, error)) (stop func()) {
	p.Helper()
	h := p.host(service)
	built, err := build(p.context(), h)
	p.must(err)
	server, err := host.NewServer(h)
	p.must(err)
	built.Register(server)
	listener, err := (&net.ListenConfig{}).Listen(p.context(), "tcp", "127.0.0.1:0")
	p.must(err)
	p.peers[service] = listener.Addr().String()
	server.Ready()
	life, end := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- built.Run(life) }()
	go func() { done <- server.Serve(life, listener) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		end()
		for range 2 {
			if err := <-done; err != nil {
				p.Errorf("%s: %v", service, err)
			}
		}
		h.Close(context.Background())
	}
	p.Cleanup(stop)
	return stop
}

// as dials a service as another one, or as the administrator.
func (p *place) as(caller, callee identity.Service) *grpc.ClientConn {
	p.Helper()
	dir, token := filepath.Join(p.dir, "pki"), ""
	var config *tls.Config
	var err error
	if caller == "" {
		if config, err = pki.Trust(filepath.Join(dir, "ca.pem")); err == nil {
			token, err = identity.AdminToken(filepath.Join(p.dir, "admin.token"))
		}
	} else {
		config, err = pki.Client(dir, caller)
	}
	p.must(err)
	connection, err := rpc.Dial(p.peers[callee], config, token)
	p.must(err)
	p.Cleanup(func() { _ = connection.Close() })
	return connection
}

func (p *place) connect() {
	p.Helper()
	reply, err := authv1.NewConnectionServiceClient(p.as("", identity.AuthBroker)).CreateConnection(p.context(), &authv1.CreateConnectionRequest{
		Connection: &authv1.Connection{DisplayName: "Contoso", Cloud: "sim", Simulator: p.tenant.URL, TenantId: p.tenant.Tenant, ApplicationId: p.tenant.ClientID},
		Credential: &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: p.tenant.ClientSecret}},
	})
	p.must(err)
	p.connection = m365.ConnectionID(reply.GetConnection().GetName()[len("connections/"):])
}

// worker starts a restore-worker and returns what stops it.
func (p *place) worker() (stop func()) {
	p.Helper()
	return start(p, identity.RestoreWorker, restoreworker.New)
}

func (p *place) browse() restorev1.BrowseServiceClient {
	return restorev1.NewBrowseServiceClient(p.as("", identity.RestoreWorker))
}

func (p *place) restores() restorev1.RestoreServiceClient {
	return restorev1.NewRestoreServiceClient(p.as("", identity.RestoreWorker))
}

func (p *place) resourceName(user m365.UserID, workload m365.Workload) string {
	return "connections/" + string(p.connection) + "/resources/" + string(workload) + "-" + string(user)
}

// backUp does what backup-worker does with a mailbox: it writes its resource and a snapshot of all.
func (p *place) backUp(n int) (resource string) {
	p.Helper()
	user, address := p.tenant.Person(n)
	unit := vault.UnitID("unit-" + string(user))
	name := p.resourceName(user, m365.Mail)
	p.protect(&backupv1.Resource{
		Name: name, Workload: typev1.Workload_WORKLOAD_MAIL, EntraId: string(user), DisplayName: address, Unit: string(unit),
	})
	p.session(unit, func(session *vault.Session) { p.saveMailbox(session, mail.Open(p.tenant.Client(), user)) })
	return name
}

func (p *place) protect(resource *backupv1.Resource) {
	p.Helper()
	entities := state.NewEntities(p.backups.State, state.KindResource, (*backupv1.Resource)(nil))
	id := resource.GetName()[len("connections/"+string(p.connection)+"/resources/"):]
	_, err := entities.Create(p.context(), p.connection, id, "resource-protected", resource, state.Origin{Cause: "test", Actor: "service:backup-worker"})
	if !fault.Is(err, fault.Exists) {
		p.must(err)
	}
}

func (p *place) session(unit vault.UnitID, save func(*vault.Session)) {
	p.Helper()
	backend, err := filesystem.New(filepath.Join(p.dir, "vault", string(p.connection)))
	p.must(err)
	v, err := vault.Open(p.context(), vault.Config{ID: string(p.connection), Backend: backend, Keys: brokerkeys.New(p.as(identity.BackupWorker, identity.AuthBroker), p.connection)})
	p.must(err)
	session, err := v.Begin(p.context(), unit, vault.Run{ID: time.Now().Format(time.RFC3339Nano)})
	p.must(err)
	defer func() { p.must(session.Close()) }()
	save(session)
	_, err = session.Commit(p.context(), vault.Outcome{})
	p.must(err)
}

func (p *place) saveMailbox(session *vault.Session, box *mail.Mailbox) {
	p.Helper()
	put := func(item vault.Item) error {
		_, err := session.Put(p.context(), item)
		return err
	}
	root, err := box.Folder(p.context(), mail.Root)
	p.must(err)
	folders, err := box.Folders(p.context())
	p.must(err)
	for _, folder := range folders {
		parent := string(folder.Parent)
		if folder.Parent == root.ID {
			parent = ""
		}
		p.must(put(vault.Item{
			Meta: vault.Meta{Ref: vault.Ref{Container: vault.Root, ID: string(folder.ID)}, Kind: vault.KindFolder, Name: folder.Name, Parent: parent,
				Attributes: content.Attributes{WellKnown: folder.WellKnown, Hidden: folder.Hidden}.Marshal()},
			Parts: []vault.Part{{Name: content.Item, Data: folder.Raw}},
		}))
		_, err := box.Changes(p.context(), mail.Round{Folder: folder.ID, Attachments: true}, func(c mail.Change) error {
			s := mail.Summarise(c.Raw)
			item := vault.Item{
				Meta: vault.Meta{Ref: vault.Ref{Container: string(folder.ID), ID: string(s.ID)}, Kind: vault.KindMessage, Name: s.Subject, Modified: s.Date(), Size: int64(len(c.Raw)),
					Columns:    map[string]string{content.ColumnFrom: s.FromName + " <" + s.FromAddress + ">", content.ColumnTo: s.To},
					Attributes: content.Attributes{Attachments: len(c.Attachments) > 0}.Marshal()},
				Parts: []vault.Part{{Name: content.Item, Data: bytes.Clone(c.Raw)}},
			}
			for i, a := range c.Attachments {
				item.Parts = append(item.Parts, vault.Part{Name: content.Attachment(i), Data: bytes.Clone(a.Raw)})
				if a.Open != nil {
					stream, err := a.Open(p.context())
					if err != nil {
						return err
					}
					defer func() { _ = stream.Close() }()
					item.Parts = append(item.Parts, vault.Part{Name: content.AttachmentContent(i), Body: stream})
				}
			}
			return put(item)
		})
		p.must(err)
	}
}

// await reads a restore until it is in one of the states.
func (p *place) await(name string, states ...restorev1.RestoreState) *restorev1.Restore {
	p.Helper()
	client := p.restores()
	return eventually(p, func() (*restorev1.Restore, bool) {
		reply, err := client.GetRestore(p.context(), &restorev1.GetRestoreRequest{Name: name})
		p.must(err)
		for _, s := range states {
			if reply.GetRestore().GetState() == s {
				return reply.GetRestore(), true
			}
		}
		return reply.GetRestore(), false
	})
}

// ended waits until a restore is over.
func (p *place) ended(name string) *restorev1.Restore {
	p.Helper()
	return p.await(name, restorev1.RestoreState_RESTORE_STATE_SUCCEEDED, restorev1.RestoreState_RESTORE_STATE_PARTIAL,
		restorev1.RestoreState_RESTORE_STATE_FAILED, restorev1.RestoreState_RESTORE_STATE_CANCELLED)
}

// eventually asks until the answer is yes.
func eventually[T any](p *place, ask func() (T, bool)) T {
	p.Helper()
	ctx := p.context()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		answer, yes := ask()
		if yes {
			return answer
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Fatalf("still %v", answer)
		}
	}
}
