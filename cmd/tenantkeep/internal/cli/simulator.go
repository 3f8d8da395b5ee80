package cli

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// simulatedTenant is what a simulator says of the tenant that it plays.
type simulatedTenant struct {
	Tenant, Domain, ClientID, ClientSecret string
}

// completeSimulated asks the simulator for what was not given: a simulated tenant has no secrets.
func completeSimulated(ctx context.Context, request *authv1.CreateConnectionRequest) error {
	c := request.GetConnection()
	if c.GetTenantId() != "" && c.GetApplicationId() != "" && request.GetCredential() != nil {
		return nil
	}
	tenant, err := askSimulator(ctx, c.GetSimulator())
	if err != nil {
		return fault.As(fault.Precondition, "ask the simulator", err, fault.Next("check that m365sim runs at "+c.GetSimulator()))
	}
	if c.TenantId == "" {
		c.TenantId = tenant.Tenant
	}
	if c.ApplicationId == "" {
		c.ApplicationId = tenant.ClientID
	}
	if request.Credential == nil {
		request.Credential = secret(tenant.ClientSecret)
	}
	return nil
}

func askSimulator(ctx context.Context, address string) (simulatedTenant, error) {
	var tenant simulatedTenant
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m365.Simulated(address).Graph+"/sim/tenant", nil)
	if err != nil {
		return tenant, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return tenant, err
	}
	defer reply.Body.Close()
	return tenant, json.NewDecoder(reply.Body).Decode(&tenant)
}
