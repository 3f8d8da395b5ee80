package directory_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/directory"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

func open(t *testing.T, users int) (*graphtest.Tenant, *directory.Directory) {
	t.Helper()
	tenant := graphtest.Start(t, sim.Config{Users: users, Seed: 7}, nil)
	return tenant, directory.New(tenant.Client)
}

func users(t *testing.T, d *directory.Directory, round directory.Round) (map[m365.UserID]directory.User, string) {
	t.Helper()
	known := map[m365.UserID]directory.User{}
	link, err := d.UserChanges(t.Context(), round, func(u directory.User) error { known[u.ID] = u; return nil })
	if err != nil || link == "" {
		t.Fatalf("%q, %v", link, err)
	}
	return known, link
}

// send makes a change as an administrator would.
func send(t *testing.T, tenant *graphtest.Tenant, method, path, body string) {
	t.Helper()
	token, _, err := tenant.Token(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(method, tenant.Cloud.Graph+"/v1.0"+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil || response.StatusCode >= 300 {
		t.Fatalf("%s %s: %v, %v", method, path, response, err)
	}
	_ = response.Body.Close()
}

func TestUserChanges(t *testing.T) {
	tenant, d := open(t, 250)
	pages := 0
	all, link := users(t, d, directory.Round{Page: func(string) error { pages++; return nil }})
	if len(all) != 250 || pages == 0 {
		t.Errorf("%d users on %d pages", len(all), pages+1)
	}
	first := all[tenant.User(0)]
	if first.PrincipalName == "" || first.DisplayName == "" || !first.Enabled || first.Created.IsZero() || len(first.Licences) == 0 || first.Removed != directory.Present {
		t.Errorf("%+v", first)
	}

	send(t, tenant, "PATCH", "/users/"+string(first.ID), `{"department":"Finance","accountEnabled":false}`)
	send(t, tenant, "DELETE", "/users/"+string(tenant.User(1)), "")
	gone := tenant.User(0)
	changed, _ := users(t, d, directory.Round{Link: link})
	if got := changed[first.ID]; got.Department != "Finance" || got.Enabled || got.DisplayName != first.DisplayName {
		t.Errorf("%+v", got)
	}
	removed := 0
	for id, u := range changed {
		if u.Removed == directory.SoftDelete && id != gone {
			removed++
		}
	}
	if removed != 1 || len(changed) != 2 {
		t.Errorf("%+v", changed)
	}
}

func TestUserAndLicences(t *testing.T) {
	tenant, d := open(t, 2)
	u, err := d.User(t.Context(), tenant.User(0))
	if err != nil || u.ID != tenant.User(0) || u.UsageLocation == "" {
		t.Errorf("%+v, %v", u, err)
	}
	licences, err := d.Licences(t.Context(), u.ID)
	if err != nil || len(licences) == 0 || licences[0].Name == "" || licences[0].SKU == "" || len(licences[0].Plans) == 0 {
		t.Errorf("%+v, %v", licences, err)
	}
	if _, err := d.User(t.Context(), "11111111-1111-4111-8111-111111111111"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestGroupChanges(t *testing.T) {
	tenant, d := open(t, 60)
	var groups []directory.Group
	if err := d.Groups(t.Context(), "", func(g directory.Group) error { groups = append(groups, g); return nil }); err != nil || len(groups) == 0 {
		t.Fatalf("%+v, %v", groups, err)
	}
	members := map[string]bool{}
	var group directory.Group
	follow := func(link string) string {
		next, err := d.GroupChanges(t.Context(), []m365.GroupID{group.ID}, directory.Round{Link: link}, func(c directory.GroupChange) error {
			if c.Group.ID != group.ID {
				t.Errorf("another group: %+v", c)
			}
			for _, m := range c.Members {
				if members[m.ID] = !m.Removed; m.Kind != "" && m.Kind != "user" && m.Kind != "group" {
					t.Errorf("%+v", m)
				}
			}
			return nil
		})
		if err != nil || next == "" {
			t.Fatalf("%q, %v", next, err)
		}
		return next
	}
	link := ""
	for _, group = range groups {
		if link = follow(""); len(members) > 1 {
			break
		}
		clear(members)
	}
	var one string
	for one = range members {
		break
	}
	send(t, tenant, "DELETE", fmt.Sprintf("/groups/%s/members/%s/$ref", group.ID, one), "")
	follow(link)
	if members[one] {
		t.Error("a member that left is still one")
	}
	if found, err := d.Group(t.Context(), group.ID); err != nil || found.DisplayName != group.DisplayName {
		t.Errorf("%+v, %v", found, err)
	}
	transitive := 0
	if err := d.Users(t.Context(), group.ID, func(m365.UserID) error { transitive++; return nil }); err != nil || transitive == 0 {
		t.Errorf("%d users, %v", transitive, err)
	}
	prefixed := 0
	if err := d.Groups(t.Context(), group.DisplayName, func(directory.Group) error { prefixed++; return nil }); err != nil || prefixed == 0 {
		t.Errorf("%d of that name, %v", prefixed, err)
	}
}

func TestTenant(t *testing.T) {
	tenant, d := open(t, 1)
	organization, err := d.Organization(t.Context())
	if err != nil || organization.ID != m365.TenantID(tenant.Tenant) || len(organization.Domains) == 0 {
		t.Errorf("%+v, %v", organization, err)
	}
	domains, err := d.Domains(t.Context())
	if err != nil || len(domains) == 0 || domains[0].Name == "" {
		t.Errorf("%+v, %v", domains, err)
	}
}

func TestLostTokenMeansResync(t *testing.T) {
	tenant, d := open(t, 3)
	_, link := users(t, d, directory.Round{})
	tenant.Fault(faults.Rule{Method: "GET", Route: "/users/delta", Action: "status", Status: 410, Code: "syncStateNotFound", Times: -1})
	_, err := d.UserChanges(t.Context(), directory.Round{Link: link}, func(directory.User) error { return nil })
	if !fault.Is(err, fault.Resync) {
		t.Errorf("%v", err)
	}
}

func TestRefusalsNameNobody(t *testing.T) {
	tenant, d := open(t, 1)
	tenant.Fault(faults.Rule{Method: "GET", Route: "/users/{user}", Action: "status", Status: 403, Code: "Authorization_RequestDenied", Message: "Insufficient privileges to complete the operation."})
	_, err := d.User(t.Context(), tenant.User(0))
	if !fault.Is(err, fault.Permission) || fault.NextOf(err) == "" || bytes.Contains([]byte(err.Error()), []byte(tenant.User(0))) {
		t.Errorf("%v", err)
	}
}
