package sim_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

func TestUsersArePagedFilteredAndCounted(t *testing.T) {
	c := start(t, sim.Config{Users: 60, Seed: 7})
	first := c.do("GET", "/users?$top=25&$count=true", nil, "ConsistencyLevel", "eventual").want(200)
	if got := first["@odata.count"]; got != float64(60) {
		t.Errorf("count %v", got)
	}
	users, _ := c.all("/users?$top=25")
	if len(users) != 60 {
		t.Errorf("%d users over all pages", len(users))
	}
	filtered, _ := c.all("/users?$select=id,userType&$filter=" + url.QueryEscape("userType eq 'Guest' or startswith(displayName,'zzz')"))
	if len(filtered) != 1 {
		t.Errorf("%d guests", len(filtered))
	}
	byName := c.do("GET", "/users/"+users[3].text("userPrincipalName")+"?$select=id", nil).want(200)
	if byName.text("id") != users[3].text("id") {
		t.Errorf("the principal name leads to %v", byName)
	}
	if got := c.do("GET", "/users('"+users[3].text("id")+"')", nil); got.status != 200 {
		t.Errorf("key in brackets: %d", got.status)
	}
	if got := c.do("GET", "/users/nobody@contoso.onmicrosoft.com", nil); got.status != 404 || got.code() != "Request_ResourceNotFound" {
		t.Errorf("unknown user: %d %s", got.status, got.code())
	}
}

func TestTheSameSeedMakesTheSameDirectory(t *testing.T) {
	a, b := start(t, sim.Config{Users: 20, Seed: 7}), start(t, sim.Config{Users: 20, Seed: 7})
	left, _ := a.all("/users")
	right, _ := b.all("/users")
	if diff := cmp.Diff(left, right); diff != "" {
		t.Error(diff)
	}
}

func TestUserDeltaReportsEachChangeOnce(t *testing.T) {
	c := start(t, sim.Config{Users: 210, Seed: 7})
	known, link := c.all("/users/delta?$select=id,displayName,accountEnabled")
	if len(known) != 210 {
		t.Fatalf("first round has %d users", len(known))
	}
	changed, gone := known[5].text("id"), known[6].text("id")
	c.do("PATCH", "/users/"+changed, object{"displayName": "Changed Once"}).want(204)
	c.do("PATCH", "/users/"+changed, object{"accountEnabled": false}).want(204)
	c.do("DELETE", "/users/"+gone, nil).want(204)
	created := c.do("POST", "/users", newUser("new.one")).want(201).text("id")

	items, link := c.all(link)
	want := []object{
		{"id": changed, "displayName": "Changed Once", "accountEnabled": false},
		{"id": gone, "@odata.type": "#microsoft.graph.user", "@removed": map[string]any{"reason": "changed"}},
		{"id": created, "displayName": "New One", "accountEnabled": true},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Error(diff)
	}
	c.do("POST", "/directory/deletedItems/"+gone+"/restore", nil).want(200)
	items, link = c.all(link)
	if len(items) != 1 || items[0].text("id") != gone || items[0]["@removed"] != nil {
		t.Errorf("after restore: %v", items)
	}
	c.do("PATCH", "/users/"+changed, object{"jobTitle": "Director"}).want(204)
	if items, _ = c.all(link, "Prefer", "return=minimal"); len(items) != 1 || len(items[0]) != 1 {
		t.Errorf("return=minimal of an unselected change: %v", items)
	}
}

func newUser(nickname string) object {
	return object{"accountEnabled": true, "displayName": "New One", "mailNickname": nickname,
		"userPrincipalName": nickname + "@contoso.onmicrosoft.com", "passwordProfile": object{"password": "x"}, "usageLocation": "DE"}
}

func TestDeltaTokensExpire(t *testing.T) {
	c := start(t, sim.Config{Users: 5, Seed: 7})
	_, link := c.all("/users/delta?$select=id")
	c.do("POST", "/sim/expire", object{"scope": "directory"}).want(200)
	expired := c.do("GET", link, nil)
	if expired.status != 410 || expired.code() != "syncStateNotFound" {
		t.Fatalf("%d %s", expired.status, expired.code())
	}
	if again, _ := c.all(expired.header.Get("Location")); len(again) != 5 {
		t.Errorf("%d users after starting over", len(again))
	}
}

func TestGroupDeltaReportsMembers(t *testing.T) {
	c := start(t, sim.Config{Users: 30, Seed: 7})
	groups, link := c.all("/groups/delta")
	everybody := groups[0]
	if got := len(everybody.list("members@delta")); got != 30 {
		t.Fatalf("first round lists %d members", got)
	}
	target := groups[slices.IndexFunc(groups, func(g object) bool { return strings.HasPrefix(g.text("displayName"), "Project") })]
	user := c.outsider(everybody, target)
	c.do("DELETE", "/groups/"+everybody.text("id")+"/members/"+user+"/$ref", nil).want(204)
	reference := object{"@odata.id": c.base + "/v1.0/directoryObjects/" + user}
	c.do("POST", "/groups/"+target.text("id")+"/members/$ref", reference).want(204)
	if again := c.do("POST", "/groups/"+target.text("id")+"/members/$ref", reference); again.status != 400 {
		t.Errorf("adding twice: %d", again.status)
	}
	changes, _ := c.all(link)
	got := map[string]any{}
	for _, group := range changes {
		got[group.text("id")] = group["members@delta"]
	}
	want := map[string]any{
		everybody.text("id"): []any{map[string]any{"@odata.type": "#microsoft.graph.user", "id": user, "@removed": map[string]any{"reason": "deleted"}}},
		target.text("id"):    []any{map[string]any{"@odata.type": "#microsoft.graph.user", "id": user}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// outsider is a member of one group who is not in the other.
func (c *client) outsider(inside, outside object) string {
	c.t.Helper()
	members, _ := c.all("/groups/" + outside.text("id") + "/members")
	for _, candidate := range inside.list("members@delta") {
		if !slices.ContainsFunc(members, func(m object) bool { return m.text("id") == candidate.text("id") }) {
			return candidate.text("id")
		}
	}
	c.t.Fatal("everybody is in both groups")
	return ""
}

func TestDirectoryRefusesWhatEntraRefuses(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	taken := newUser("taken")
	c.do("POST", "/users", taken).want(201)
	for name, test := range map[string]struct {
		method, path string
		body         object
		status       int
		code         string
	}{
		"a principal name that is taken": {"POST", "/users", taken, 400, "Request_BadRequest"},
		"a user without a name":          {"POST", "/users", object{"accountEnabled": true}, 400, "Request_BadRequest"},
		"a foreign domain":               {"POST", "/users", object{"accountEnabled": true, "displayName": "x", "mailNickname": "x", "userPrincipalName": "x@example.com", "passwordProfile": object{}}, 400, "Request_BadRequest"},
		"an unknown path":                {"GET", "/nonsense", nil, 400, "BadRequest"},
		"a method that is not there":     {"DELETE", "/organization", nil, 405, "Request_BadRequest"},
		"a bad filter":                   {"GET", "/users?$filter=displayName%20eq", nil, 400, "BadRequest"},
		"$search without consistency":    {"GET", `/users?$search=%22displayName:a%22`, nil, 400, "Request_UnsupportedQuery"},
	} {
		t.Run(name, func(t *testing.T) {
			var body any
			if test.body != nil {
				body = test.body
			}
			if got := c.do(test.method, test.path, body); got.status != test.status || got.code() != test.code {
				t.Errorf("%d %s: %s", got.status, got.code(), got.body)
			}
		})
	}
}

func TestLicencesDecideAndAreAssigned(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	id := c.do("POST", "/users", newUser("licensed")).want(201).text("id")
	if details, _ := c.all("/users/" + id + "/licenseDetails"); len(details) != 0 {
		t.Errorf("a new user has %v", details)
	}
	skus, _ := c.all("/subscribedSkus")
	c.do("POST", "/users/"+id+"/assignLicense", object{
		"addLicenses": []object{{"skuId": skus[0]["skuId"], "disabledPlans": []string{}}}, "removeLicenses": []string{}}).want(200)
	if details, _ := c.all("/users/" + id + "/licenseDetails"); len(details) != 1 || details[0]["skuId"] != skus[0]["skuId"] {
		t.Errorf("afterwards: %v", details)
	}
}
