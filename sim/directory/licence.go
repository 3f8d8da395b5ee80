package directory

import (
	"net/http"
	"slices"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Plan is a service that a licence includes.
type Plan string

// Plans that decide whether a user has a mailbox or a drive.
const (
	Exchange   Plan = "efb87545-963c-4e0d-99df-69c6916d9eb0"
	SharePoint Plan = "5dbe027f-2339-4123-9542-606e4d348a72"
)

type sku struct {
	id, name string
	plans    []plan
}

type plan struct {
	id   Plan
	name string
}

// https://learn.microsoft.com/entra/identity/users/licensing-service-plan-reference
var skus = []sku{
	{"05e9a617-0261-4cee-bb44-138d3ef5d965", "SPE_E3", []plan{
		{Exchange, "EXCHANGE_S_ENTERPRISE"}, {SharePoint, "SHAREPOINTENTERPRISE"}, {"57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1"}}},
	{"19ec0d23-8335-4cbd-94ac-6050e30712fa", "EXCHANGEENTERPRISE", []plan{{Exchange, "EXCHANGE_S_ENTERPRISE"}}},
	{"f30db892-07e9-47e9-837c-80727f46fd3d", "FLOW_FREE", []plan{{"50e68c76-46c6-4674-81f9-75456511b170", "FLOW_P2_VIRAL"}}},
}

func skuByID(id string) *sku {
	for i := range skus {
		if skus[i].id == id {
			return &skus[i]
		}
	}
	return nil
}

// Licensed tells whether a user that is there has a plan.
func (s *Store) Licensed(user string, wanted Plan) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	o := s.user(user)
	if o == nil {
		return false
	}
	if o.props == nil {
		return !s.isUnlicensed(o.index)
	}
	return slices.ContainsFunc(licencesOf(o.props), func(held *sku) bool {
		return slices.ContainsFunc(held.plans, func(p plan) bool { return p.id == wanted })
	})
}

func licencesOf(props map[string]any) []*sku {
	var held []*sku
	list, _ := props["assignedLicenses"].([]any)
	for _, item := range list {
		licence, _ := item.(map[string]any)
		id, _ := licence["skuId"].(string)
		if found := skuByID(id); found != nil {
			held = append(held, found)
		}
	}
	return held
}

// licenceDetails answers GET /users/{user}/licenseDetails.
func (s *Store) licenceDetails(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	user, err := s.see(User, c.Param("user"))
	if err != nil {
		return err
	}
	page := c.NewPage("users('"+user.id+"')/licenseDetails", -1)
	for _, held := range licencesOf(s.properties(user)) {
		page.Item()
		page.Bytes = wire.AppendValue(page.Bytes, map[string]any{
			"id": detailID(user.id, held.id), "skuId": held.id, "skuPartNumber": held.name, "servicePlans": servicePlans(held)})
	}
	return page.Send()
}

func detailID(user, licence string) string {
	source := seed.New(seed.Text(user), seed.Text(licence))
	return source.GUID()
}

func servicePlans(held *sku) []any {
	var list []any
	for _, p := range held.plans {
		list = append(list, map[string]any{
			"servicePlanId": string(p.id), "servicePlanName": p.name, "provisioningStatus": "Success", "appliesTo": "User"})
	}
	return list
}

// assignLicence answers POST /users/{user}/assignLicense.
func (s *Store) assignLicence(c *wire.Call) error {
	var body struct {
		Add []struct {
			SKU      string   `json:"skuId"`
			Disabled []string `json:"disabledPlans"`
		} `json:"addLicenses"`
		Remove []string `json:"removeLicenses"`
	}
	if err := c.Decode(&body); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user, err := s.get(User, c.Param("user"))
	if err != nil {
		return err
	}
	props := s.properties(user)
	if location, _ := props["usageLocation"].(string); location == "" && len(body.Add) > 0 {
		return wire.BadRequest("Request_BadRequest", "License assignment cannot be done for user with invalid usage location.")
	}
	held, _ := props["assignedLicenses"].([]any)
	held = slices.DeleteFunc(slices.Clone(held), func(item any) bool {
		licence, _ := item.(map[string]any)
		id, _ := licence["skuId"].(string)
		return slices.Contains(body.Remove, id)
	})
	for _, added := range body.Add {
		if skuByID(added.SKU) == nil {
			return wire.BadRequest("Request_BadRequest", "License "+added.SKU+" does not correspond to a valid company License.")
		}
		held = append(held, map[string]any{"skuId": added.SKU, "disabledPlans": added.Disabled})
	}
	s.set(user, map[string]any{"assignedLicenses": held})
	return c.JSON(http.StatusOK, s.appendObject(nil, user, defaults[User], false, c.Context("users/$entity")))
}
