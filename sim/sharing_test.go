package sim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim"
)

const scanning = "deltashowremovedasdeleted, deltatraversepermissiongaps, deltashowsharingchanges"

// sharing describes permissions by what they are and where they come from.
func sharing(list []object) [][]any {
	var all [][]any
	for _, p := range list {
		link, _ := p["link"].(map[string]any)
		all = append(all, []any{p["roles"].([]any)[0], link["scope"], p["inheritedFrom"] != nil})
	}
	return all
}

func TestSharingIsInheritedChangedAndEnded(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Files: 40, Seed: 7})
	drive := c.driveOf(c.user(0).text("id"))
	folder := c.do("GET", drive+"/root:/Documents", nil).want(200).text("id")
	file := c.do("PUT", drive+"/root:/Documents/shared.txt:/content", []byte("x")).want(201).text("id")
	link := object{"type": "view", "scope": "anonymous"}
	first := c.do("POST", drive+"/items/"+folder+"/createLink", link).want(201)
	if again := c.do("POST", drive+"/items/"+folder+"/createLink", link).want(200); again.text("id") != first.text("id") {
		t.Errorf("the same link is made twice: %v", again)
	}
	invite := object{"recipients": []object{{"email": c.user(1)["userPrincipalName"]}}, "roles": []string{"write"}, "requireSignIn": true, "sendInvitation": false}
	given := c.do("POST", drive+"/items/"+file+"/invite", invite).want(200).items()[0].text("id")
	got, _ := c.all(drive + "/items/" + file + "/permissions")
	want := [][]any{{"owner", nil, true}, {"write", nil, false}, {"read", "anonymous", true}}
	if diff := cmp.Diff(want, sharing(got)); diff != "" {
		t.Error(diff)
	}
	item := c.do("GET", drive+"/items/"+file+"?$expand=permissions", nil).want(200)
	if len(item.list("permissions")) != 3 || !cmp.Equal(item["shared"], any(map[string]any{"scope": "anonymous"})) {
		t.Errorf("%v", item)
	}
	rights := drive + "/items/" + file + "/permissions/"
	if got := c.do("DELETE", rights+first.text("id"), nil); got.status != 400 {
		t.Errorf("an inherited permission was deleted: %d", got.status)
	}
	c.do("PATCH", rights+given, object{"roles": []string{"read"}}).want(200)
	c.do("DELETE", rights+given, nil).want(204)
	c.do("DELETE", drive+"/items/"+folder+"/permissions/"+first.text("id"), nil).want(204)
	if got, _ := c.all(drive + "/items/" + file + "/permissions"); len(got) != 1 {
		t.Errorf("afterwards: %v", sharing(got))
	}
	if renewed := c.do("POST", drive+"/items/"+folder+"/createLink", link).want(201); cmp.Equal(renewed["link"], first["link"]) {
		t.Error("a link that is made again has the same address")
	}
}

func TestSharingIsRefused(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Files: 40, Seed: 7})
	place := c.driveOf(c.user(0).text("id")) + "/root:/Documents:"
	for name, body := range map[string]object{
		"nobody":       {"recipients": []object{{"email": "nobody@elsewhere.example"}}, "roles": []string{"read"}},
		"a wrong role": {"recipients": []object{{"email": c.user(1)["userPrincipalName"]}}, "roles": []string{"own"}},
	} {
		if got := c.do("POST", place+"/invite", body); got.status != 400 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	c.fault(object{"quirk": "sharing-disabled"})
	if got := c.do("POST", place+"/createLink", object{"type": "view"}); got.status != 403 {
		t.Errorf("sharing that is off: %d", got.status)
	}
}

func TestDeltaTellsSharingToWhoAsks(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Files: 40, Seed: 7})
	drive := c.driveOf(c.user(0).text("id"))
	_, link := c.all(drive + "/root/delta?token=latest")
	c.do("POST", drive+"/root:/Documents/Contracts:/createLink", object{"type": "edit", "scope": "organization"}).want(201)
	if plain, _ := c.all(link); len(plain) != 0 {
		t.Errorf("without the preferences: %v", plain)
	}
	changes, _ := c.all(link, "Prefer", scanning+", hierarchicalsharing", "deltaExcludeParent", "true")
	if len(changes) != 1 || changes[0]["@microsoft.graph.sharedChanged"] != "True" || changes[0]["shared"] == nil {
		t.Errorf("%v", changes)
	}
	c.do("PUT", drive+"/root:/Documents/Contracts/new.txt:/content", []byte("x")).want(201)
	for preference, want := range map[string]int{scanning: 2, scanning + ", hierarchicalsharing": 1} {
		shared := 0
		changes, _ := c.all(link, "Prefer", preference, "deltaExcludeParent", "true")
		for _, item := range changes {
			if item["shared"] != nil {
				shared++
			}
		}
		if shared != want {
			t.Errorf("%s: %d of %d are shown as shared", preference, shared, len(changes))
		}
	}
}
