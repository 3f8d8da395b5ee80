package sim_test

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

// details are the codes in the details of an error.
func (a answer) details() []string {
	var codes []string
	body, _ := a.want(a.status)["error"].(map[string]any)
	for _, detail := range object(body).list("details") {
		codes = append(codes, detail.text("code"))
	}
	return codes
}

func newGroup(nickname string, unified bool) object {
	types := []string{}
	if unified {
		types = []string{"Unified"}
	}
	return object{"displayName": nickname, "mailNickname": nickname, "mailEnabled": unified, "securityEnabled": !unified, "groupTypes": types}
}

func (c *client) reference(id string) object {
	return object{"@odata.id": c.base + "/v1.0/directoryObjects/" + id}
}

func TestAddressesAreUnique(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	taken := c.user(1).text("userPrincipalName")
	id := c.do("POST", "/users", newUser("somebody")).want(201).text("id")
	for name, change := range map[string]object{
		"an address of a user": {"proxyAddresses": []string{"smtp:" + taken}},
		"a user's mail":        {"mail": taken},
	} {
		got := c.do("PATCH", "/users/"+id, change)
		if got.status != 400 || !slices.Equal(got.details(), []string{"ObjectConflict", "ConflictingObjects"}) {
			t.Errorf("%s: %d %v", name, got.status, got.details())
		}
	}
	c.do("PATCH", "/users/"+id, object{"mail": "free@contoso.onmicrosoft.com"}).want(204)
	if got := c.do("GET", "/users/"+id+"?$select=proxyAddresses", nil).want(200); !cmp.Equal(got["proxyAddresses"], []any{"SMTP:free@contoso.onmicrosoft.com"}) {
		t.Errorf("%v", got)
	}
	c.do("POST", "/groups", newGroup("team", true)).want(201)
	if got := c.do("POST", "/groups", newGroup("team", true)); got.status != 400 || !slices.Equal(got.details(), []string{"ObjectConflict"}) {
		t.Errorf("a second team: %d %s", got.status, got.body)
	}
	c.do("POST", "/groups", newGroup("team", false)).want(201) // security groups have no address
}

func TestRestoreBringsBackMembershipsAndSettlesConflicts(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	id := c.do("POST", "/users", newUser("again")).want(201).text("id")
	c.do("PATCH", "/users/"+id, object{"mail": "again@contoso.onmicrosoft.com"}).want(204)
	group := c.do("POST", "/groups", newGroup("club", false)).want(201).text("id")
	c.do("POST", "/groups/"+group+"/members/$ref", c.reference(id)).want(204)
	c.do("DELETE", "/users/"+id, nil).want(204)
	if members, _ := c.all("/groups/" + group + "/members"); len(members) != 0 {
		t.Errorf("a deleted user is a member: %v", members)
	}
	other := newUser("again")
	other["mail"] = "again@contoso.onmicrosoft.com"
	c.do("POST", "/users", other).want(201)
	restore := "/directory/deletedItems/" + id + "/restore"
	if got := c.do("POST", restore, nil); got.status != 400 || got.details()[0] != "ObjectConflict" {
		t.Errorf("the name is taken: %d", got.status)
	}
	newName := object{"newUserPrincipalName": "again2@contoso.onmicrosoft.com"}
	if got := c.do("POST", restore, newName); got.status != 400 || len(got.details()) != 2 {
		t.Errorf("the address is taken: %d %s", got.status, got.body)
	}
	newName["autoReconcileProxyConflict"] = true
	c.do("POST", restore, newName).want(200)
	back := c.do("GET", "/users/again2@contoso.onmicrosoft.com?$select=id,proxyAddresses", nil).want(200)
	if back.text("id") != id || len(back["proxyAddresses"].([]any)) != 0 {
		t.Errorf("%v", back)
	}
	if members, _ := c.all("/groups/" + group + "/members"); len(members) != 1 {
		t.Errorf("after the restore: %v", members)
	}
}

func TestDeletedObjectsGoAfterThirtyDays(t *testing.T) {
	now := fixedClock()
	c := start(t, sim.Config{Users: 3, Seed: 7, Now: func() time.Time { return now }, TokenLifetime: 1000 * time.Hour})
	_, link := c.all("/users/delta?$select=id")
	id := c.user(0).text("id")
	c.do("DELETE", "/users/"+id, nil).want(204)
	now = now.Add(29 * 24 * time.Hour)
	c.do("GET", "/directory/deletedItems/"+id, nil).want(200)
	now = now.Add(2 * 24 * time.Hour)
	if got := c.do("POST", "/directory/deletedItems/"+id+"/restore", nil); got.status != 404 {
		t.Errorf("a restore too late: %d", got.status)
	}
	changes, _ := c.all(link)
	if len(changes) != 1 || !cmp.Equal(changes[0]["@removed"], any(map[string]any{"reason": "deleted"})) {
		t.Errorf("%v", changes)
	}
	group := c.do("POST", "/groups", newGroup("gone", false)).want(201).text("id")
	c.fault(object{"quirk": "groups-deleted-for-good"})
	c.do("DELETE", "/groups/"+group, nil).want(204)
	if got := c.do("GET", "/directory/deletedItems/"+group, nil); got.status != 404 {
		t.Errorf("a security group is in the recycle bin: %d", got.status)
	}
}

func TestChangesTakeTheirTimeToSpread(t *testing.T) {
	now := fixedClock()
	c := start(t, sim.Config{Users: 3, Seed: 7, Now: func() time.Time { return now }})
	_, link := c.all("/users/delta?$select=displayName")
	c.do("POST", "/sim/settings", object{"spread": "10s"}).want(200)
	old := c.user(0)
	id := c.do("POST", "/users", newUser("late")).want(201).text("id")
	c.do("PATCH", "/users/"+old.text("id"), object{"displayName": "New"}).want(204)
	group := c.do("GET", "/groups", nil).want(200).items()[1].text("id")
	read := func() []any {
		changes, next := c.all(link)
		link = next
		users, _ := c.all("/users")
		return []any{len(users), c.do("GET", "/users/"+id, nil).status, len(changes),
			c.do("GET", "/users/"+old.text("id"), nil).want(200).text("displayName") == "New",
			c.do("POST", "/groups/"+group+"/members/$ref", c.reference(id)).status}
	}
	if diff := cmp.Diff([]any{3, 404, 0, false, 404}, read()); diff != "" {
		t.Errorf("at once: %s", diff)
	}
	now = now.Add(11 * time.Second)
	if diff := cmp.Diff([]any{4, 200, 2, true, 204}, read()); diff != "" {
		t.Errorf("later: %s", diff)
	}
	if again := c.do("POST", "/groups/"+group+"/members/$ref", c.reference(id)); again.status != 400 {
		t.Errorf("a second time: %d", again.status)
	}
	if members, _ := c.all("/groups/" + group + "/members"); slices.ContainsFunc(members, func(m object) bool { return m.text("id") == id }) {
		t.Error("the new member is seen at once")
	}
}

func TestAdvancedQueriesNeedTheirHeader(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	for _, query := range []string{"$filter=department ne 'x'", "$filter=not(startswith(displayName,'x'))", "$filter=endswith(mail,'com')", "$filter=accountEnabled eq true&$orderby=displayName"} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		path := "/users?" + values.Encode()
		if got := c.do("GET", path, nil); got.status != 400 || got.code() != "Request_UnsupportedQuery" {
			t.Errorf("%s: %d %s", query, got.status, got.code())
		}
		if got := c.do("GET", path+"&$count=true", nil, "ConsistencyLevel", "eventual").want(200); len(got.items()) != 3 {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestGroupsInGroups(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	user := c.user(0).text("id")
	var groups []string
	for _, name := range []string{"outer", "middle", "inner"} {
		groups = append(groups, c.do("POST", "/groups", newGroup(name, false)).want(201).text("id"))
	}
	c.do("POST", "/groups/"+groups[0]+"/members/$ref", c.reference(groups[1])).want(204)
	c.do("POST", "/groups/"+groups[1]+"/members/$ref", c.reference(groups[2])).want(204)
	c.do("POST", "/groups/"+groups[2]+"/members/$ref", c.reference(groups[0])).want(204) // a circle is allowed
	c.do("POST", "/groups/"+groups[2]+"/members/$ref", c.reference(user)).want(204)
	count := func(path string) int { list, _ := c.all(path); return len(list) }
	got := []int{count("/groups/" + groups[0] + "/members"), count("/groups/" + groups[0] + "/transitiveMembers"),
		count("/groups/" + groups[1] + "/memberOf"), count("/users/"+user+"/transitiveMemberOf") - count("/users/"+user+"/memberOf")}
	if diff := cmp.Diff([]int{1, 3, 1, 2}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDomainsAreAddedAndVerified(t *testing.T) {
	c := start(t, sim.Config{Users: 3, Seed: 7})
	c.do("POST", "/domains", object{"id": "contoso.example"}).want(201)
	user := newUser("x")
	user["userPrincipalName"] = "x@contoso.example"
	if got := c.do("POST", "/users", user); got.status != 400 {
		t.Errorf("a domain that is not verified: %d", got.status)
	}
	c.do("POST", "/domains/contoso.example/verify", nil).want(200)
	c.do("POST", "/users", user).want(201)
	tenant, _ := c.all("/organization")
	if domains := tenant[0].list("verifiedDomains"); len(domains) != 2 {
		t.Errorf("%v", domains)
	}
}
