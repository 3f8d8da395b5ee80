package backupworker_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/graph/tenant"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/brokerkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// asWorker returns a connection to auth-broker that shows backup-worker's certificate.
func (p *place) asWorker() *grpc.ClientConn {
	config, err := pki.Client(p.path("pki"), identity.BackupWorker)
	p.must(err)
	conn, err := rpc.Dial(p.broker, config, "")
	p.must(err)
	p.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// graph opens the simulated tenant past the service, with budgets of its own.
func (p *place) graph() *graph.Client {
	tenants := tenant.New(tenant.Config{State: p.state, Broker: p.asWorker(), Holder: "test"})
	p.t.Cleanup(tenants.Close)
	client, err := tenants.Open(p.context(), p.connection)
	p.must(err)
	return client
}

// live is what is in a mailbox now: folder/message to its JSON and attachments.
func (p *place) live(user string) map[string]string {
	p.t.Helper()
	mailbox := mail.Open(p.graph(), m365.UserID(user))
	folders, err := mailbox.Folders(p.context())
	p.must(err)
	contents := map[string]string{}
	for _, folder := range folders {
		_, err := mailbox.Changes(p.context(), mail.Round{Folder: folder.ID, Attachments: true}, func(c mail.Change) error {
			text := string(c.Raw)
			for _, a := range c.Attachments {
				beside := ""
				if a.Open != nil {
					beside = p.read(a.Open(p.context()))
				}
				text += p.attachment(string(a.Raw), beside)
			}
			contents[string(folder.ID)+"/"+string(c.ID)] = text
			return c.Err
		})
		p.must(err)
	}
	return contents
}

// attachment is what there is of an attachment, wherever its content is.
func (p *place) attachment(raw, beside string) string {
	p.t.Helper()
	if inside := rawjson.Text(rawjson.Field([]byte(raw), "contentBytes")); inside != "" {
		plain, err := base64.StdEncoding.DecodeString(inside)
		p.must(err)
		beside = string(plain)
	}
	return "\n" + string(rawjson.Without([]byte(raw), "contentBytes")) + "\n" + beside
}

func (p *place) read(r io.ReadCloser, err error) string {
	p.t.Helper()
	p.must(err)
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(r)
	p.must(err)
	return string(data)
}

// vault opens the connection's vault past the service.
func (p *place) vault() *vault.Vault {
	backend, err := filesystem.New(filepath.Join(p.path("vault"), string(p.connection)))
	p.must(err)
	v, err := vault.Open(p.context(), vault.Config{ID: string(p.connection), Backend: backend, Keys: brokerkeys.New(p.asWorker(), p.connection)})
	p.must(err)
	return v
}

// unit is where a resource lies in the vault.
func (p *place) unit(resource string) vault.UnitID {
	p.t.Helper()
	entity, err := state.NewEntities(p.state, state.KindResource, (*backupv1.Resource)(nil)).Get(p.context(), p.connection, resource)
	p.must(err)
	return vault.UnitID(entity.Value.GetUnit())
}

// stored is what the newest snapshot of a mailbox holds, in the form of live.
func (p *place) stored(resource string) map[string]string {
	p.t.Helper()
	view, err := p.vault().At(p.context(), p.unit(resource), 0)
	p.must(err)
	contents := map[string]string{}
	for entry, err := range view.Walk(p.context()) {
		p.must(err)
		if entry.Container == vault.Root {
			continue
		}
		parts := map[string]string{}
		for _, part := range entry.Parts {
			parts[part.Name] = p.read(view.Open(p.context(), entry, part.Name))
		}
		text := parts[content.Item]
		for n := 0; parts[content.Attachment(n)] != ""; n++ {
			text += p.attachment(parts[content.Attachment(n)], parts[content.AttachmentContent(n)])
		}
		contents[entry.Container+"/"+entry.ID] = text
	}
	return contents
}

// sameAsLive compares a mailbox with its newest snapshot.
func (p *place) sameAsLive(user string) {
	p.t.Helper()
	live, stored := p.live(user), p.stored("mail-"+user)
	// A message that was read by itself says of which type it is; one on a page need not.
	const kind = `"@odata.type":"#microsoft.graph.message",`
	for id, text := range live {
		is, want := strings.ReplaceAll(stored[id], kind, ""), strings.ReplaceAll(text, kind, "")
		if is != want {
			at := 0
			for at < min(len(is), len(want)) && is[at] == want[at] {
				at++
			}
			from := max(at-50, 0)
			p.t.Errorf("%s differs at %d: stored %.200q, live %.200q", id, at, is[from:], want[from:])
		}
	}
	for id := range stored {
		if _, there := live[id]; !there {
			p.t.Errorf("%s is not there any more", id)
		}
	}
}

// control calls the simulator's control API.
func (p *place) control(path string, body, reply any) {
	p.t.Helper()
	data, err := json.Marshal(body)
	p.must(err)
	request, err := http.NewRequestWithContext(context.WithoutCancel(p.t.Context()), http.MethodPost, p.cloud+path, bytes.NewReader(data))
	p.must(err)
	answer, err := http.DefaultClient.Do(request) //nolint:bodyclose // read closes it
	p.must(err)
	text := p.read(answer.Body, nil)
	if answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %d %s", path, answer.StatusCode, text)
	}
	if reply != nil {
		p.must(json.Unmarshal([]byte(text), reply))
	}
}

// changes is what /sim/change answers for a workload.
type changes struct{ Created, Updated, Moved, Deleted int }

func (c changes) sum() int { return c.Created + c.Updated + c.Moved + c.Deleted }

// aDay changes a share of a user's mailbox.
func (p *place) aDay(user string, share float64) changes {
	p.t.Helper()
	reply := map[string]changes{}
	p.control("/sim/change", map[string]any{"user": user, "share": share, "seed": 11, "workload": "mail"}, &reply)
	if reply["mail"].sum() == 0 {
		p.t.Fatal(fmt.Sprint("nothing changed: ", reply))
	}
	return reply["mail"]
}
