package directory

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Organization is the tenant as it describes itself.
type Organization struct {
	ID          m365.TenantID
	DisplayName string
	Country     string // ISO 3166, two letters
	Domains     []Domain
}

// Domain is a name that the tenant's addresses can have.
type Domain struct {
	Name     string
	Verified bool
	Default  bool
	Initial  bool // the tenant's own onmicrosoft.com name
}

// Organization reads the tenant. It needs Organization.Read.All or a permission that contains it.
func (d *Directory) Organization(ctx context.Context) (Organization, error) {
	var page struct {
		Value []struct {
			ID                m365.TenantID `json:"id"`
			DisplayName       string        `json:"displayName"`
			CountryLetterCode string        `json:"countryLetterCode"`
			VerifiedDomains   []struct {
				Name      string `json:"name"`
				IsDefault bool   `json:"isDefault"`
				IsInitial bool   `json:"isInitial"`
			} `json:"verifiedDomains"`
		} `json:"value"`
	}
	request := graph.Request{Name: "get organization", Path: "/organization", Query: graph.Query("$select", "id,displayName,countryLetterCode,verifiedDomains")}
	if err := d.client.JSON(ctx, request, &page); err != nil {
		return Organization{}, err
	}
	if len(page.Value) == 0 {
		return Organization{}, fault.New(fault.NotFound, "get organization", "the tenant describes no organization")
	}
	found := page.Value[0]
	organization := Organization{ID: found.ID, DisplayName: found.DisplayName, Country: found.CountryLetterCode}
	for _, domain := range found.VerifiedDomains {
		organization.Domains = append(organization.Domains, Domain{domain.Name, true, domain.IsDefault, domain.IsInitial})
	}
	return organization, nil
}

// Domains lists the tenant's domains, unverified ones too. It needs Domain.Read.All.
func (d *Directory) Domains(ctx context.Context) ([]Domain, error) {
	var page struct {
		Value []struct {
			ID         string `json:"id"`
			IsVerified bool   `json:"isVerified"`
			IsDefault  bool   `json:"isDefault"`
			IsInitial  bool   `json:"isInitial"`
		} `json:"value"`
	}
	if err := d.client.JSON(ctx, graph.Request{Name: "list domains", Path: "/domains"}, &page); err != nil {
		return nil, err
	}
	var domains []Domain
	for _, domain := range page.Value {
		domains = append(domains, Domain{domain.ID, domain.IsVerified, domain.IsDefault, domain.IsInitial})
	}
	return domains, nil
}
