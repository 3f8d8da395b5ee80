package directorysync_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

func everybody() *directoryv1.Criterion {
	return &directoryv1.Criterion{Kind: &directoryv1.Criterion_AllUsers{AllUsers: &directoryv1.AllUsers{}}}
}

func group(id string) *directoryv1.Criterion {
	return &directoryv1.Criterion{Kind: &directoryv1.Criterion_Group{Group: &directoryv1.GroupMembers{GroupId: id}}}
}

func (p *place) mapping(priority int32, profile string, criterion *directoryv1.Criterion) *directoryv1.Mapping {
	p.Helper()
	reply, err := p.mappings.CreateMapping(p.within(), &directoryv1.CreateMappingRequest{
		Parent: p.connection, Mapping: &directoryv1.Mapping{Priority: priority, Profile: "profiles/" + profile, Criterion: criterion}})
	p.must(err)
	return reply.GetMapping()
}

func (p *place) sync(request *directoryv1.SyncDirectoryRequest) *directoryv1.SyncDirectoryResponse {
	p.Helper()
	request.Parent = p.connection
	reply, err := p.mappings.SyncDirectory(p.within(), request)
	p.must(err)
	return reply
}

// all lists every user by principal name.
func (p *place) all() map[string]*directoryv1.User {
	p.Helper()
	users, token := map[string]*directoryv1.User{}, ""
	for {
		reply, err := p.users.ListUsers(p.within(), &directoryv1.ListUsersRequest{Parent: p.connection, PageSize: 7, PageToken: token})
		p.must(err)
		for _, user := range reply.GetUsers() {
			users[user.GetEntraId()] = user
		}
		if token = reply.GetNextPageToken(); token == "" {
			return users
		}
	}
}

// until waits for something that the services do by themselves.
func (p *place) until(what string, holds func() bool) {
	p.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx := p.within()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Fatalf("never: %s", what)
		}
	}
}

// facts are those of a user, oldest first, as other teams read them.
func (p *place) facts(id string) []string {
	p.Helper()
	var facts []string
	ctx, done := context.WithCancelCause(p.within())
	end := errors.New("caught up")
	err := bus.Read(ctx, p.nats.Connect(), bus.Selection{Connection: p.id(), Kind: "user", ID: id}, bus.Position{}, func(event bus.Event) error {
		facts = append(facts, event.Fact)
		return nil
	}, func() { done(end) })
	if !errors.Is(context.Cause(ctx), end) {
		p.Fatal(err)
	}
	return facts
}

func TestUsersComeInByThemselvesAndFollowEntra(t *testing.T) {
	p := newPlace(t, 5)
	p.mapping(1, "standard", everybody())
	p.until("five users", func() bool { return len(p.all()) == 5 })

	var id string
	for key, user := range p.all() {
		id = key
		if user.GetProfile() != "profiles/standard" || user.GetState() != directoryv1.UserState_USER_STATE_ACTIVE || user.GetProvisionTime() == nil {
			t.Errorf("%v", user)
		}
	}
	for _, step := range []struct {
		method, path string
		body         any
		fact         string
		state        directoryv1.UserState
	}{
		{"PATCH", "/users/" + id, map[string]any{"displayName": "Ann New", "userPrincipalName": "ann.new@" + p.tenant.Domain}, "user-updated", directoryv1.UserState_USER_STATE_ACTIVE},
		{"PATCH", "/users/" + id, map[string]any{"accountEnabled": false}, "user-suspended", directoryv1.UserState_USER_STATE_SUSPENDED},
		{"PATCH", "/users/" + id, map[string]any{"accountEnabled": true}, "user-provisioned", directoryv1.UserState_USER_STATE_ACTIVE},
		{"DELETE", "/users/" + id, nil, "user-removed", directoryv1.UserState_USER_STATE_REMOVED},
		{"POST", "/directory/deletedItems/" + id + "/restore", nil, "user-provisioned", directoryv1.UserState_USER_STATE_ACTIVE},
	} {
		p.graph(step.method, step.path, step.body)
		p.sync(&directoryv1.SyncDirectoryRequest{})
		if user := p.all()[id]; user.GetState() != step.state {
			t.Errorf("after %s: %v", step.fact, user)
		}
		if step.fact == "user-updated" {
			if diff := cmp.Diff([]string{"user_principal_name", "display_name"}, p.all()[id].GetChange().GetFields()); diff != "" {
				t.Error(diff)
			}
		}
	}
	want := []string{"user-provisioned", "user-updated", "user-suspended", "user-provisioned", "user-removed", "user-provisioned"}
	p.until("all facts", func() bool { return slices.Equal(p.facts(id), want) })
	reply, err := p.users.GetUser(p.within(), &directoryv1.GetUserRequest{Name: p.connection + "/users/ANN.NEW@" + p.tenant.Domain})
	if err != nil || reply.GetUser().GetEntraId() != id {
		t.Errorf("by name: %v, %v", reply, err)
	}
}

func TestSyncWithoutNewsWritesNothing(t *testing.T) {
	p := newPlace(t, 5)
	members := p.graph("GET", "/groups?$top=1", nil)["value"].([]any)[0].(map[string]any)["id"].(string)
	p.mapping(2, "standard", everybody())
	p.mapping(1, "gold", group(members))
	p.until("five users", func() bool { return len(p.all()) == 5 })
	p.sync(&directoryv1.SyncDirectoryRequest{})

	before, requests := p.lastSequence(), p.tenant.Ledger.Report().Total.Requests
	reply := p.sync(&directoryv1.SyncDirectoryRequest{})
	if after := p.lastSequence(); after != before || reply.GetRead() != 0 {
		t.Errorf("%d messages were written, %d objects read", after-before, reply.GetRead())
	}
	if made := p.tenant.Ledger.Report().Total.Requests - requests; made != 2 {
		t.Errorf("%d requests, want one for users and one for groups", made)
	}
}

func (p *place) lastSequence() uint64 {
	p.Helper()
	stream, err := p.nats.Connect().Stream(p.within(), bus.StreamState)
	p.must(err)
	info, err := stream.Info(p.within())
	p.must(err)
	return info.State.LastSeq
}

func TestMappingsByGroupAndAttribute(t *testing.T) {
	p := newPlace(t, 6)
	people := p.graph("GET", "/users?$select=id,department", nil)["value"].([]any)
	ids := make([]string, len(people))
	for i, person := range people {
		ids[i] = person.(map[string]any)["id"].(string)
		p.graph("PATCH", "/users/"+ids[i], map[string]any{"department": map[bool]string{true: "Law", false: "Ops"}[i < 3]})
	}
	team := p.graph("POST", "/groups", map[string]any{"displayName": "Team", "mailEnabled": false, "mailNickname": "team", "securityEnabled": true})["id"].(string)
	p.graph("POST", "/groups/"+team+"/members/$ref", map[string]any{"@odata.id": p.cloud + "/v1.0/directoryObjects/" + ids[0]})

	p.mapping(20, "standard", &directoryv1.Criterion{Kind: &directoryv1.Criterion_Attribute{Attribute: &directoryv1.AttributeEquals{Attribute: "department", Value: "LAW"}}})
	gold := p.mapping(10, "gold", group(team))
	p.sync(&directoryv1.SyncDirectoryRequest{})
	profile := func() map[string]string {
		profiles := map[string]string{}
		for id, user := range p.all() {
			if user.GetState() == directoryv1.UserState_USER_STATE_ACTIVE {
				profiles[id] = user.GetProfile()
			}
		}
		return profiles
	}
	if diff := cmp.Diff(map[string]string{ids[0]: "profiles/gold", ids[1]: "profiles/standard", ids[2]: "profiles/standard"}, profile()); diff != "" {
		t.Error(diff)
	}

	p.graph("POST", "/groups/"+team+"/members/$ref", map[string]any{"@odata.id": p.cloud + "/v1.0/directoryObjects/" + ids[5]})
	p.graph("DELETE", "/groups/"+team+"/members/"+ids[0]+"/$ref", nil)
	p.graph("PATCH", "/users/"+ids[1], map[string]any{"department": "Ops"})
	p.sync(&directoryv1.SyncDirectoryRequest{})
	want := map[string]string{ids[0]: "profiles/standard", ids[2]: "profiles/standard", ids[5]: "profiles/gold"}
	if diff := cmp.Diff(want, profile()); diff != "" {
		t.Error(diff)
	}
	if user := p.all()[ids[1]]; user.GetState() != directoryv1.UserState_USER_STATE_SUSPENDED || user.GetStateReason() != "in no mapping's scope" {
		t.Errorf("%v", user)
	}

	_, err := p.mappings.DeleteMapping(p.within(), &directoryv1.DeleteMappingRequest{Name: gold.GetName(), Revision: 7})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("stale revision: %v", err)
	}
	_, err = p.mappings.DeleteMapping(p.within(), &directoryv1.DeleteMappingRequest{Name: gold.GetName(), Revision: gold.GetRevision()})
	p.must(err)
	p.until("the group's member is suspended", func() bool {
		return p.all()[ids[5]].GetState() == directoryv1.UserState_USER_STATE_SUSPENDED
	})
}

func TestLostLinksLeadToTheSameState(t *testing.T) {
	p := newPlace(t, 5)
	p.mapping(1, "standard", everybody())
	p.until("five users", func() bool { return len(p.all()) == 5 })
	ids := make([]string, 0, 5)
	for id := range p.all() {
		ids = append(ids, id)
	}
	p.graph("DELETE", "/users/"+ids[0], nil)
	p.graph("PATCH", "/users/"+ids[1], map[string]any{"displayName": "Renamed"})
	p.fate("POST", "/expire", map[string]any{"scope": "directory"})

	reply := p.sync(&directoryv1.SyncDirectoryRequest{})
	if reply.GetRemoved() != 1 || reply.GetUpdated() != 1 || reply.GetProvisioned() != 0 || reply.GetSuspended() != 0 {
		t.Errorf("%v", reply)
	}
	if p.all()[ids[0]].GetState() != directoryv1.UserState_USER_STATE_REMOVED || p.all()[ids[1]].GetDisplayName() != "Renamed" {
		t.Error("the full read missed something")
	}
}

func TestBrokenReadingsRemoveNobody(t *testing.T) {
	for name, rule := range map[string]map[string]any{
		"cut short":      {"action": "truncate"},
		"503 throughout": {"action": "status", "status": 503, "empty": true},
		"an empty page": {"action": "status", "status": 200,
			"body": map[string]any{"value": []any{}, "@odata.deltaLink": "https://graph.invalid/v1.0/users/delta?$deltatoken=x"}},
		"half a directory": {"action": "status", "status": 403, "nth": 2, "code": "Authorization_RequestDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, 250) // two pages
			p.mapping(1, "standard", everybody())
			p.until("all members", func() bool { return len(p.all()) == 245 })
			rule["method"], rule["route"] = "GET", "/users/delta"
			if rule["times"] = -1; rule["nth"] == nil {
				rule["nth"] = 1
			}
			p.fate("POST", "/faults", rule)
			ctx, cancel := context.WithTimeout(p.within(), 3*time.Second)
			defer cancel()
			_, err := p.mappings.SyncDirectory(ctx, &directoryv1.SyncDirectoryRequest{Parent: p.connection, Full: true, AllowMassChange: true})
			if err == nil {
				t.Error("the reading was believed")
			}
			for _, user := range p.all() {
				if user.GetState() != directoryv1.UserState_USER_STATE_ACTIVE {
					t.Fatalf("%v", user)
				}
			}
		})
	}
}

func TestMassChangeNeedsAPerson(t *testing.T) {
	p := newPlace(t, 20)
	all := p.mapping(1, "standard", everybody())
	p.until("twenty users", func() bool { return len(p.all()) == 20 })
	_, err := p.mappings.DeleteMapping(p.within(), &directoryv1.DeleteMappingRequest{Name: all.GetName()})
	p.must(err)
	_, err = p.mappings.SyncDirectory(p.within(), &directoryv1.SyncDirectoryRequest{Parent: p.connection})
	if fault.ReasonOf(err) != "MASS_CHANGE" || fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
	active := 0
	for _, user := range p.all() {
		if user.GetState() == directoryv1.UserState_USER_STATE_ACTIVE {
			active++
		}
	}
	if active != 20 {
		t.Errorf("%d users are active", active)
	}
	if reply := p.sync(&directoryv1.SyncDirectoryRequest{AllowMassChange: true}); reply.GetSuspended() != 20 {
		t.Errorf("%v", reply)
	}
}
