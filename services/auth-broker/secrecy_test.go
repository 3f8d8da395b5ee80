package authbroker_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// records are all messages of a stream that are there.
func (p *place) records(stream string) []jetstream.Msg {
	p.t.Helper()
	js := p.nats.Connect()
	done := errors.New("caught up")
	ctx, end := context.WithCancelCause(p.context())
	var all []jetstream.Msg
	err := bus.Tail(ctx, js, stream, []string{">"}, bus.Position{}, func(m jetstream.Msg) error { all = append(all, m); return nil }, func() { end(done) })
	if context.Cause(ctx) != done { //nolint:errorlint // our own value
		p.t.Fatal(err)
	}
	return all
}

// events are the first messages of EVENTS, which follow the state after a moment.
func (p *place) events(count int) []jetstream.Msg {
	p.t.Helper()
	ctx, end := context.WithCancel(p.context())
	var first []jetstream.Msg
	_ = bus.Tail(ctx, p.nats.Connect(), bus.StreamEvents, []string{">"}, bus.Position{}, func(m jetstream.Msg) error {
		if first = append(first, m); len(first) == count {
			end()
		}
		return nil
	}, nil) // the count tells how it went
	if len(first) != count {
		p.t.Fatalf("%d events instead of %d", len(first), count)
	}
	return first
}

// buffer is a log that can be read while it is written.
type buffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

func (b *buffer) Bytes() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.data.Bytes())
}

// TestSecretsAndTokensAreNowhereInClear goes through everything that a connection leaves behind.
func TestSecretsAndTokensAreNowhereInClear(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	logged, server := &buffer{}, redistest.Start(t)
	p.log, p.redis = logged, "redis://"+server.Address
	broker := p.start()
	name := broker.connect().GetConnection().GetName()
	token, err := broker.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)
	_, err = broker.connections().UpdateConnection(p.context(), &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, Credential: secret("hunter2-wrong")})
	if fault.ReasonOf(err) != "SECRET_WRONG" {
		t.Errorf("a secret that is refused: %v", err)
	}

	places := map[string][]byte{"log": logged.Bytes()}
	for _, stream := range []string{bus.StreamState, bus.StreamEvents, bus.StreamAudit, "KV_" + bus.BucketSealed} {
		for _, m := range p.records(stream) {
			places[stream+" "+m.Subject()] = append(places[stream+" "+m.Subject()], m.Data()...)
		}
	}
	client := server.Client()
	for _, key := range client.Keys(p.context(), "*").Val() {
		places["redis "+key] = []byte(client.Get(p.context(), key).Val())
	}
	p.must(filepath.WalkDir(p.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			places[path], err = os.ReadFile(path)
		}
		return err
	}))
	if len(places) < 8 {
		t.Fatalf("looked only into %d places", len(places))
	}
	for where, data := range places {
		for _, clear := range []string{p.sim.ClientSecret, "hunter2", token.GetAccessToken()} {
			if bytes.Contains(data, []byte(clear)) {
				t.Errorf("%s holds it in clear", where)
			}
		}
	}
}

func TestFactsAndAudit(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	client := broker.connections()
	name := broker.connect().GetConnection().GetName()
	_, err := client.UpdateConnection(p.context(), &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, Credential: secret(p.sim.ClientSecret)})
	p.must(err)
	_, err = client.DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name})
	p.must(err)

	want := []string{
		"tenantkeep.connection-created.v1", "tenantkeep.connection-verified.v1", "tenantkeep.connection-updated.v1",
		"tenantkeep.connection-verified.v1", "tenantkeep.connection-removed.v1",
	}
	var facts []string
	var revision int64
	for _, m := range p.events(len(want)) {
		var c authv1.Connection
		p.must(proto.Unmarshal(m.Data(), &c))
		if c.GetRevision() != revision+1 || c.GetName() != name || c.GetChange().GetActor() != "person:admin" {
			t.Errorf("%s: revision %d after %d, change %v", m.Subject(), c.GetRevision(), revision, c.GetChange())
		}
		facts, revision = append(facts, bus.Header(m.Headers(), bus.HeaderType)), c.GetRevision()
	}
	if diff := cmp.Diff(want, facts); diff != "" {
		t.Error(diff)
	}
	audit := authv1.NewAuditServiceClient(broker.as(""))
	var methods []string
	for request := (&authv1.ListAuditRecordsRequest{PageSize: 2}); ; {
		reply, err := audit.ListAuditRecords(p.context(), request)
		p.must(err)
		for _, r := range reply.GetRecords() {
			methods = append(methods, r.GetMethod()+" "+r.GetOutcome()+" "+r.GetActor())
		}
		if request.PageToken = reply.GetNextPageToken(); request.PageToken == "" {
			break
		}
	}
	const service = "tenantkeep.auth.v1.ConnectionService/"
	wantAudit := []string{service + "DeleteConnection OK person:admin", service + "UpdateConnection OK person:admin", service + "CreateConnection OK person:admin"}
	if diff := cmp.Diff(wantAudit, methods); diff != "" {
		t.Error(diff)
	}
}

func TestCredentialSurvivesRestartAndForeignKeyFileIsNamed(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	name := broker.connect().GetConnection().GetName()
	broker.stop()
	p.nats.Restart()
	broker = p.start()
	_, err := broker.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)
	list, err := broker.connections().ListConnections(p.context(), &authv1.ListConnectionsRequest{})
	p.must(err)
	if !slices.ContainsFunc(list.GetConnections(), func(c *authv1.Connection) bool { return c.GetName() == name }) {
		t.Errorf("not listed after a restart: %v", list)
	}
	broker.stop()
	p.must(os.Remove(filepath.Join(p.dir, "data", "seal.key")))
	broker = p.start()
	reply, err := broker.connections().TestConnection(p.context(), &authv1.TestConnectionRequest{Name: name})
	p.must(err)
	if check := reply.GetChecks()[0]; check.GetProblem().GetReason() != "SEAL_KEY_LOST" || check.GetProblem().GetNext() == "" {
		t.Errorf("%v", check)
	}
	if _, err := broker.tokens().GetToken(p.context(), &authv1.GetTokenRequest{Connection: name}); fault.ReasonOf(err) != "SEAL_KEY_LOST" {
		t.Errorf("%v", err)
	}
}
