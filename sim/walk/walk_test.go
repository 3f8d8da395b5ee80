package walk_test

import (
	"net/http/httptest"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/walk"
)

func TestWalkTouchesEveryRouteAndLeavesTheTenantAsItWas(t *testing.T) {
	tenant, err := sim.New(sim.Config{Users: 3, Mails: 20, Files: 20, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tenant)
	defer server.Close()
	before := len(tenant.Directory.People())
	if untouched, err := walk.Untouched(t.Context(), server.URL); err != nil || len(untouched) < 100 {
		t.Errorf("before the walk %d routes are untouched, %v", len(untouched), err)
	}
	if err := walk.Run(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	untouched, err := walk.Untouched(t.Context(), server.URL)
	if err != nil || len(untouched) > 0 {
		t.Errorf("untouched: %q, %v", untouched, err)
	}
	if after := len(tenant.Directory.People()); after != before {
		t.Errorf("%d users, there were %d", after, before)
	}
}

func TestWalkSaysWhichCallFailed(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	if err := walk.Run(t.Context(), server.URL); err == nil {
		t.Error("a tenant that is not there was walked")
	}
}
