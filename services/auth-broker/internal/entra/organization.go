package entra

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

// Organization implements connection.Entra.
func (c *Client) Organization(ctx context.Context, signIn connection.SignIn, token connection.Token) (connection.Organization, error) {
	body, err := c.ask(ctx, signIn, token, question{op: "read organisation", path: "/organization?$select=id,displayName,verifiedDomains", role: "Organization.Read.All"})
	if err != nil {
		return connection.Organization{}, err
	}
	var reply struct {
		Value []organization `json:"value"`
	}
	if err := json.Unmarshal(body, &reply); err != nil || len(reply.Value) == 0 {
		return connection.Organization{}, fault.New(fault.Transient, "read organisation", "Graph's answer names no organisation",
			fault.Reason("REPLY_UNREADABLE"), fault.Next("try again in a minute"))
	}
	return reply.Value[0].read(), nil
}

type organization struct {
	ID              m365.TenantID `json:"id"`
	DisplayName     string        `json:"displayName"`
	VerifiedDomains []struct {
		Name      string `json:"name"`
		IsDefault bool   `json:"isDefault"`
	} `json:"verifiedDomains"`
}

func (o organization) read() connection.Organization {
	result := connection.Organization{ID: o.ID, Name: o.DisplayName}
	for _, domain := range o.VerifiedDomains {
		if domain.IsDefault {
			result.Domains = slices.Insert(result.Domains, 0, domain.Name)
			continue
		}
		result.Domains = append(result.Domains, domain.Name)
	}
	return result
}
