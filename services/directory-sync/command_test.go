package directorysync_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

// anybody is one user of the simulated tenant.
func (p *place) anybody() (id, address string) {
	p.Helper()
	user := p.graph("GET", "/users?$top=1", nil)["value"].([]any)[0].(map[string]any)
	return user["id"].(string), user["mail"].(string)
}

func TestImportedUserStaysAndKeepsItsProfile(t *testing.T) {
	p := newPlace(t, 3)
	id, address := p.anybody()
	p.graph("PATCH", "/users/"+id, map[string]any{"userPrincipalName": "someone.else@" + p.tenant.Domain})
	reply, err := p.users.ImportUser(p.within(), &directoryv1.ImportUserRequest{Parent: p.connection, User: strings.ToUpper(address), Profile: "profiles/gold"})
	p.must(err)
	user := reply.GetUser()
	if user.GetEntraId() != id || user.GetProfile() != "profiles/gold" || !user.GetProfilePinned() || !user.GetImported() || user.GetChange().GetActor() != "person:admin" {
		t.Errorf("%v", user)
	}
	p.graph("PATCH", "/users/"+id, map[string]any{"accountEnabled": false})
	mapping := p.mapping(1, "standard", everybody())
	p.sync(&directoryv1.SyncDirectoryRequest{})
	user = p.all()[id]
	if user.GetState() != directoryv1.UserState_USER_STATE_ACTIVE || user.GetProfile() != "profiles/gold" || user.GetMapping() != mapping.GetName() || user.GetAccountEnabled() {
		t.Errorf("%v", user)
	}

	free, err := p.users.SetUserProfile(p.within(), &directoryv1.SetUserProfileRequest{Name: p.connection + "/users/" + id})
	if err != nil || free.GetUser().GetProfile() != "profiles/standard" || free.GetUser().GetProfilePinned() {
		t.Errorf("%v, %v", free, err)
	}
	pinned, err := p.users.SetUserProfile(p.within(), &directoryv1.SetUserProfileRequest{Name: p.connection + "/users/" + id, Profile: "profiles/gold"})
	if err != nil || pinned.GetUser().GetProfile() != "profiles/gold" || !pinned.GetUser().GetProfilePinned() {
		t.Errorf("%v, %v", pinned, err)
	}
	if reply := p.sync(&directoryv1.SyncDirectoryRequest{Full: true}); reply.GetUpdated() != 0 {
		t.Errorf("a full read changed a pinned user: %v", reply)
	}
}

func TestListUsersSearches(t *testing.T) {
	p := newPlace(t, 12)
	p.mapping(1, "standard", everybody())
	p.until("twelve users", func() bool { return len(p.all()) == 12 })
	_, address := p.anybody()
	reply, err := p.users.ListUsers(p.within(), &directoryv1.ListUsersRequest{Parent: p.connection, Query: strings.ToUpper(address[:len(address)-3])})
	if err != nil || len(reply.GetUsers()) != 1 || reply.GetUsers()[0].GetMail() != address {
		t.Errorf("%v, %v", reply, err)
	}
}

func TestPreviewSaysWhatWouldHappenAndDoesNothing(t *testing.T) {
	p := newPlace(t, 4)
	id, _ := p.anybody()
	p.graph("PATCH", "/users/"+id, map[string]any{"department": "Law"})
	law := &directoryv1.Criterion{Kind: &directoryv1.Criterion_Attribute{Attribute: &directoryv1.AttributeEquals{Attribute: "department", Value: "law"}}}
	preview := func(mapping *directoryv1.Mapping) map[directoryv1.PreviewEffect]int {
		reply, err := p.mappings.PreviewMapping(p.within(), &directoryv1.PreviewMappingRequest{Parent: p.connection, Mapping: mapping})
		p.must(err)
		effects := map[directoryv1.PreviewEffect]int{}
		for _, user := range reply.GetUsers() {
			effects[user.GetEffect()]++
			if user.GetReason() == "" {
				t.Errorf("no reason: %v", user)
			}
		}
		if int(reply.GetProvisionCount()) != effects[directoryv1.PreviewEffect_PREVIEW_EFFECT_PROVISION] {
			t.Errorf("%v", reply)
		}
		return effects
	}
	fresh := &directoryv1.Mapping{Profile: "profiles/standard", Criterion: everybody()}
	if diff := cmp.Diff(map[directoryv1.PreviewEffect]int{directoryv1.PreviewEffect_PREVIEW_EFFECT_PROVISION: 4}, preview(fresh)); diff != "" {
		t.Error(diff)
	}
	if len(p.all()) != 0 {
		t.Error("a preview brought users in")
	}
	saved := p.mapping(5, "standard", everybody())
	p.until("four users", func() bool { return len(p.all()) == 4 })
	saved.Criterion, saved.Profile = law, "profiles/gold"
	want := map[directoryv1.PreviewEffect]int{
		directoryv1.PreviewEffect_PREVIEW_EFFECT_CHANGE_PROFILE: 1, directoryv1.PreviewEffect_PREVIEW_EFFECT_SUSPEND: 3,
	}
	if diff := cmp.Diff(want, preview(saved)); diff != "" {
		t.Error(diff)
	}
}

func TestCommandsRefuseWhatCannotBe(t *testing.T) {
	p := newPlace(t, 1)
	create := func(parent string, mapping *directoryv1.Mapping) error {
		_, err := p.mappings.CreateMapping(p.within(), &directoryv1.CreateMappingRequest{Parent: parent, Mapping: mapping})
		return err
	}
	attribute := func(name, value string) *directoryv1.Criterion {
		return &directoryv1.Criterion{Kind: &directoryv1.Criterion_Attribute{Attribute: &directoryv1.AttributeEquals{Attribute: name, Value: value}}}
	}
	for name, test := range map[string]struct {
		err    error
		kind   fault.Kind
		reason string
	}{
		"no mapping":         {create(p.connection, nil), fault.Invalid, ""},
		"no such connection": {create("connections/none", &directoryv1.Mapping{}), fault.NotFound, "CONNECTION_NOT_FOUND"},
		"no connection name": {create("nonsense", &directoryv1.Mapping{}), fault.Invalid, "BAD_NAME"},
		"no criterion":       {create(p.connection, &directoryv1.Mapping{Profile: "profiles/gold"}), fault.Invalid, "BAD_MAPPING"},
		"no such profile":    {create(p.connection, &directoryv1.Mapping{Profile: "profiles/none", Criterion: everybody()}), fault.Precondition, "PROFILE_NOT_FOUND"},
		"a bad priority":     {create(p.connection, &directoryv1.Mapping{Priority: -1, Profile: "profiles/gold", Criterion: everybody()}), fault.Invalid, "BAD_MAPPING"},
		"no group":           {create(p.connection, &directoryv1.Mapping{Profile: "profiles/gold", Criterion: group("my team")}), fault.Invalid, "BAD_MAPPING"},
		"a foreign attribute": {
			create(p.connection, &directoryv1.Mapping{Profile: "profiles/gold", Criterion: attribute("shoeSize", "43")}), fault.Invalid, "BAD_MAPPING"},
		"an empty value": {
			create(p.connection, &directoryv1.Mapping{Profile: "profiles/gold", Criterion: attribute("city", "")}), fault.Invalid, "BAD_MAPPING"},
		"nobody of that name": {
			second(p.users.ImportUser(p.within(), &directoryv1.ImportUserRequest{Parent: p.connection, User: "nobody@" + p.tenant.Domain})), fault.NotFound, "ENTRA_USER_NOT_FOUND"},
		"nobody in the directory": {
			second(p.users.GetUser(p.within(), &directoryv1.GetUserRequest{Name: p.connection + "/users/nobody"})), fault.NotFound, "USER_NOT_FOUND"},
		"no such mapping": {
			second(p.mappings.GetMapping(p.within(), &directoryv1.GetMappingRequest{Name: p.connection + "/mappings/none"})), fault.NotFound, "MAPPING_NOT_FOUND"},
		"a bad page token": {
			second(p.users.ListUsers(p.within(), &directoryv1.ListUsersRequest{Parent: p.connection, PageToken: "%"})), fault.Invalid, "BAD_PAGE_TOKEN"},
	} {
		if !fault.Is(test.err, test.kind) || fault.ReasonOf(test.err) != test.reason {
			t.Errorf("%s: %v %s %v", name, fault.KindOf(test.err), fault.ReasonOf(test.err), test.err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestMappingsAreKeptInOrder(t *testing.T) {
	p := newPlace(t, 1)
	request := &directoryv1.CreateMappingRequest{Parent: p.connection, RequestId: "once", Mapping: &directoryv1.Mapping{
		Profile: "profiles/gold", Criterion: everybody(), DisplayName: "First"}}
	first, err := p.mappings.CreateMapping(p.within(), request)
	p.must(err)
	again, err := p.mappings.CreateMapping(p.within(), request)
	if err != nil || again.GetMapping().GetName() != first.GetMapping().GetName() || first.GetMapping().GetPriority() != 10 {
		t.Errorf("%v, %v", again, err)
	}
	last := p.mapping(0, "standard", group("8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b70"))
	front := p.mapping(1, "standard", group("8a1c7b3e-6f0d-4c55-9d0f-2f6a4c1e9b71"))

	changed := &directoryv1.Mapping{Name: first.GetMapping().GetName(), Revision: 1, DisplayName: "Everybody", Priority: 99}
	updated, err := p.mappings.UpdateMapping(p.within(), &directoryv1.UpdateMappingRequest{Mapping: changed, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}})
	if err != nil || updated.GetMapping().GetDisplayName() != "Everybody" || updated.GetMapping().GetPriority() != 10 {
		t.Errorf("%v, %v", updated, err)
	}
	_, err = p.mappings.UpdateMapping(p.within(), &directoryv1.UpdateMappingRequest{Mapping: changed})
	if !fault.Is(err, fault.Conflict) || fault.NextOf(err) == "" {
		t.Errorf("an old revision: %v", err)
	}

	var names []string
	for token := ""; ; {
		page, err := p.mappings.ListMappings(p.within(), &directoryv1.ListMappingsRequest{Parent: p.connection, PageSize: 1, PageToken: token})
		p.must(err)
		for _, mapping := range page.GetMappings() {
			names = append(names, mapping.GetName())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if want := []string{front.GetName(), first.GetMapping().GetName(), last.GetName()}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
}

func TestRemovedConnectionIsForgotten(t *testing.T) {
	p := newPlace(t, 2)
	p.mapping(1, "standard", everybody())
	p.until("two users", func() bool { return len(p.all()) == 2 })
	kept := func() (entities []string) {
		for record, err := range p.store.List(p.within(), state.KindCursor, p.id()) {
			p.must(err)
			entities = append(entities, record.Key.ID)
		}
		return entities
	}
	p.until("the mirror is saved", func() bool { return len(kept()) == 3 })
	_, err := p.connections.DeleteConnection(p.within(), &authv1.DeleteConnectionRequest{Name: p.connection})
	p.must(err)
	p.until("only the lease is left", func() bool { return slices.Equal(kept(), []string{"lease"}) })
	if len(p.all()) != 2 {
		t.Error("the users went with their connection")
	}
}
