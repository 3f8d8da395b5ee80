package authbroker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// lines are the checks as text: "subject: outcome REASON".
func lines(checks []*authv1.Check) []string {
	var text []string
	for _, c := range checks {
		outcome := strings.TrimPrefix(c.GetOutcome().String(), "CHECK_OUTCOME_")
		text = append(text, strings.TrimSpace(fmt.Sprintf("%s: %s %s", c.GetSubject(), outcome, c.GetProblem().GetReason())))
	}
	return text
}

func TestConnectingTestsAtOnce(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1, Users: 3})
	reply := p.start().connect()
	want := []string{
		"sign-in: PASSED", "clock: PASSED", "organisation: PASSED", "domains: PASSED", "size: PASSED",
		"permission User.Read.All: PASSED", "permission Group.Read.All: PASSED", "permission Organization.Read.All: PASSED",
		"permission Mail.Read: PASSED", "permission Files.Read.All: PASSED", "permission Mail.ReadWrite: PASSED", "permission Files.ReadWrite.All: PASSED",
	}
	if diff := cmp.Diff(want, lines(reply.GetChecks())); diff != "" {
		t.Error(diff)
	}
	c := reply.GetConnection()
	if c.GetState() != authv1.ConnectionState_CONNECTION_STATE_VERIFIED || c.GetDomains()[0] != p.sim.Domain || c.GetOrganization() == "" || len(c.GetPermissions()) == 0 || c.GetVerifyTime() == nil || c.GetProblem() != nil {
		t.Errorf("connection %v", c)
	}
	if c.GetUsers() != 3 || c.GetLicences() < 1 {
		t.Errorf("%d users, %d licences", c.GetUsers(), c.GetLicences())
	}
	if strings.Contains(c.String(), p.sim.ClientSecret) {
		t.Error("the secret came back")
	}
}

func TestAConnectionIsCalledAfterItsOrganisationUnlessAPersonNamesIt(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	client := p.start().connections()
	request := p.request()
	request.Connection.DisplayName = ""
	secret := request.Credential
	request.Credential = &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: "not this one"}}
	made, err := client.CreateConnection(p.context(), request)
	p.must(err)
	name := made.GetConnection().GetName()
	if called := made.GetConnection().GetDisplayName(); called != p.sim.Tenant {
		t.Errorf("before a test has passed it is called %q", called)
	}
	for _, step := range []struct {
		change *authv1.UpdateConnectionRequest
		want   string
	}{
		{&authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, Credential: secret}, "Contoso"},
		{&authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name, DisplayName: "Our own"}}, "Our own"},
		{&authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, Credential: secret}, "Our own"},
		{&authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: name}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}}, "Contoso"},
	} {
		changed, err := client.UpdateConnection(p.context(), step.change)
		p.must(err)
		if called := changed.GetConnection().GetDisplayName(); called != step.want {
			t.Errorf("it is called %q, not %q", called, step.want)
		}
	}
}

func TestCreateIsIdempotentByRequestID(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	client := broker.connections()
	request := p.request()
	request.RequestId = "7a1c"
	first, err := client.CreateConnection(p.context(), request)
	p.must(err)
	again, err := client.CreateConnection(p.context(), request)
	p.must(err)
	if first.GetConnection().GetName() != again.GetConnection().GetName() {
		t.Errorf("%s and %s", first.GetConnection().GetName(), again.GetConnection().GetName())
	}
	other := proto.CloneOf(request)
	other.Connection.TenantId = "8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"
	if _, err := client.CreateConnection(p.context(), other); fault.ReasonOf(err) != "REQUEST_REUSED" {
		t.Errorf("another tenant under the same request: %v", err)
	}
	if _, err := client.CreateConnection(p.context(), p.request()); fault.ReasonOf(err) != "TENANT_CONNECTED" || !fault.Is(err, fault.Exists) {
		t.Errorf("the tenant twice: %v", err)
	}
	_, err = client.DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: first.GetConnection().GetName()})
	p.must(err)
	if _, err := client.CreateConnection(p.context(), request); fault.ReasonOf(err) != "REQUEST_SPENT" {
		t.Errorf("a late repetition brings a removed connection back: %v", err)
	}
	if _, err := client.CreateConnection(p.context(), p.request()); err != nil {
		t.Errorf("the tenant is not free again: %v", err)
	}
}

func TestValidateOnlySavesNothing(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	client := p.start().connections()
	request := p.request()
	request.ValidateOnly = true
	reply, err := client.CreateConnection(p.context(), request)
	p.must(err)
	if reply.GetConnection().GetName() != "" || len(reply.GetChecks()) < 5 {
		t.Errorf("%v", reply)
	}
	list, err := client.ListConnections(p.context(), &authv1.ListConnectionsRequest{})
	p.must(err)
	if len(list.GetConnections()) != 0 {
		t.Errorf("%v was saved", list)
	}
}

func TestListByPages(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	client := p.start().connections()
	made := map[string]bool{}
	for i := range 5 {
		request := p.request()
		request.Connection.TenantId = fmt.Sprintf("8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b7%d", i)
		reply, err := client.CreateConnection(p.context(), request)
		p.must(err)
		if reply.GetConnection().GetState() != authv1.ConnectionState_CONNECTION_STATE_DEGRADED {
			t.Errorf("a tenant that is not there: %v", reply.GetConnection())
		}
		made[reply.GetConnection().GetName()] = true
	}
	request := &authv1.ListConnectionsRequest{PageSize: 2}
	for pages := 1; ; pages++ {
		list, err := client.ListConnections(p.context(), request)
		p.must(err)
		for _, c := range list.GetConnections() {
			if !made[c.GetName()] {
				t.Errorf("%s twice or never made", c.GetName())
			}
			delete(made, c.GetName())
		}
		if request.PageToken = list.GetNextPageToken(); request.PageToken == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if len(made) > 0 {
		t.Errorf("not listed: %v", made)
	}
	for _, bad := range []*authv1.ListConnectionsRequest{{PageSize: -1}, {PageToken: "!"}} {
		if _, err := client.ListConnections(p.context(), bad); !fault.Is(err, fault.Invalid) || fault.NextOf(err) == "" {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestUpdate(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	client := broker.connections()
	created := broker.connect().GetConnection()

	renamed, err := client.UpdateConnection(p.context(), &authv1.UpdateConnectionRequest{
		Connection: &authv1.Connection{Name: created.GetName(), DisplayName: "Fabrikam", Revision: created.GetRevision()},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
	})
	p.must(err)
	if got := renamed.GetConnection(); got.GetDisplayName() != "Fabrikam" || got.GetRevision() <= created.GetRevision() || got.GetApplicationId() != created.GetApplicationId() {
		t.Errorf("%v", got)
	}
	stale := &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: created.GetName(), DisplayName: "Late", Revision: created.GetRevision()}}
	if _, err := client.UpdateConnection(p.context(), stale); fault.ReasonOf(err) != "REVISION_STALE" {
		t.Errorf("an old revision: %v", err)
	}
	masked := &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: created.GetName()}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"tenant_id"}}}
	if _, err := client.UpdateConnection(p.context(), masked); fault.ReasonOf(err) != "MASK_UNKNOWN" {
		t.Errorf("a field that cannot change: %v", err)
	}
	wrong := &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: created.GetName()}, Credential: secret("wrong")}
	if _, err := client.UpdateConnection(p.context(), wrong); fault.ReasonOf(err) != "SECRET_WRONG" || fault.NextOf(err) == "" {
		t.Errorf("a secret that is refused: %v", err)
	}
	tested, err := client.TestConnection(p.context(), &authv1.TestConnectionRequest{Name: created.GetName()})
	p.must(err)
	if got := tested.GetConnection(); got.GetState() != authv1.ConnectionState_CONNECTION_STATE_VERIFIED {
		t.Errorf("the secret that works is gone: %v", got)
	}
	mended, err := client.UpdateConnection(p.context(), &authv1.UpdateConnectionRequest{Connection: &authv1.Connection{Name: created.GetName()}, Credential: secret(p.sim.ClientSecret)})
	p.must(err)
	if mended.GetConnection().GetState() != authv1.ConnectionState_CONNECTION_STATE_VERIFIED {
		t.Errorf("%v", mended)
	}
	read, err := client.GetConnection(p.context(), &authv1.GetConnectionRequest{Name: created.GetName()})
	p.must(err)
	if diff := cmp.Diff(mended.GetConnection(), read.GetConnection(), protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestDeleteForgetsAtOnce(t *testing.T) {
	p := newPlace(t, sim.Config{Seed: 1})
	broker := p.start()
	client, tokens := broker.connections(), broker.tokens()
	name := broker.connect().GetConnection().GetName()
	_, err := tokens.GetToken(p.context(), &authv1.GetTokenRequest{Connection: name})
	p.must(err)

	if _, err := client.DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name, Revision: 99}); fault.ReasonOf(err) != "REVISION_STALE" {
		t.Errorf("an old revision: %v", err)
	}
	_, err = client.DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name})
	p.must(err)
	if _, err := tokens.GetToken(p.context(), &authv1.GetTokenRequest{Connection: name}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token of a removed connection: %v", err)
	}
	if _, err := client.GetConnection(p.context(), &authv1.GetConnectionRequest{Name: name}); !fault.Is(err, fault.NotFound) || fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
	if _, err := client.DeleteConnection(p.context(), &authv1.DeleteConnectionRequest{Name: name}); !fault.Is(err, fault.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if kept := p.sealedKeys(); len(kept) != 0 {
		t.Errorf("credentials are still there: %v", kept)
	}
}
