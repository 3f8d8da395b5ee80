package tenant

import (
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

func TestClientIsSharedUntilTheConnectionChanges(t *testing.T) {
	connection := &authv1.Connection{Cloud: "sim", Simulator: "127.0.0.1:8080", TenantId: guid, ApplicationId: "a"}
	tenants := New(Config{State: kept{connection}, Broker: serve(t, &broker{}), Ledger: ratelimit.NewMemory(), Holder: "test"})
	defer tenants.Close()
	first, err := tenants.Open(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	connection.DisplayName, connection.Revision = "renamed", 2
	if same, err := tenants.Open(t.Context(), "c1"); err != nil || same != first {
		t.Errorf("a renamed connection got another client, %v", err)
	}
	connection.Users, connection.Licences = 49, 1_000
	if same, err := tenants.Open(t.Context(), "c1"); err != nil || same != first {
		t.Errorf("a tenant with the same limits got another client, %v", err)
	}
	connection.Licences = 1_001
	if grown, err := tenants.Open(t.Context(), "c1"); err != nil || grown == first {
		t.Errorf("a tenant that has grown kept its client, %v", err)
	}
	connection.Simulator = "127.0.0.1:9090"
	moved, err := tenants.Open(t.Context(), "c1")
	if err != nil || moved == first || moved.Base() != "http://127.0.0.1:9090/v1.0" {
		t.Errorf("a moved connection has base %q, %v", moved.Base(), err)
	}
	if _, err := tenants.Open(t.Context(), "c2"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}
