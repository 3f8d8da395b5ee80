package directory

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// listOrganizations answers GET /organization: there is one.
func (s *Store) listOrganizations(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := c.NewPage("organization", -1)
	page.Item()
	page.Bytes = wire.AppendValue(page.Bytes, s.organization())
	return page.Send()
}

// readOrganization answers GET /organization/{id}.
func (s *Store) readOrganization(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !strings.EqualFold(c.Param("organization"), s.config.Tenant) {
		return notFound(c.Param("organization"))
	}
	return c.JSON(http.StatusOK, withContext(c.Context("organization/$entity"), s.organization()))
}

func (s *Store) organization() map[string]any {
	var verified []any
	for _, d := range s.domains {
		if d.verified {
			verified = append(verified, map[string]any{
				"name": d.id, "isDefault": d.initial, "isInitial": d.initial, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"})
		}
	}
	return map[string]any{
		"id": s.config.Tenant, "displayName": "Contoso", "countryLetterCode": "DE", "preferredLanguage": "de",
		"createdDateTime": epoch, "tenantType": "AAD", "businessPhones": []any{}, "technicalNotificationMails": []any{"admin@" + s.config.Domain},
		"verifiedDomains": verified,
	}
}

// listSkus answers GET /subscribedSkus.
func (s *Store) listSkus(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	consumed := s.consumed()
	page := c.NewPage("subscribedSkus", -1)
	for i := range skus {
		page.Item()
		page.Bytes = wire.AppendValue(page.Bytes, s.subscribed(&skus[i], consumed))
	}
	return page.Send()
}

// readSku answers GET /subscribedSkus/{id}.
func (s *Store) readSku(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range skus {
		if c.Param("sku") == s.config.Tenant+"_"+skus[i].id {
			return c.JSON(http.StatusOK, withContext(c.Context("subscribedSkus/$entity"), s.subscribed(&skus[i], s.consumed())))
		}
	}
	return notFound(c.Param("sku"))
}

// consumed counts the users of each licence.
func (s *Store) consumed() map[string]int {
	consumed := map[string]int{}
	for _, user := range s.kinds[User].order {
		if user.removed == "" {
			for _, held := range licencesOf(s.properties(user)) {
				consumed[held.id]++
			}
		}
	}
	return consumed
}

func (s *Store) subscribed(held *sku, consumed map[string]int) map[string]any {
	account := seed.New(seed.Text(s.config.Tenant))
	return map[string]any{
		"id": s.config.Tenant + "_" + held.id, "accountId": account.GUID(), "accountName": "Contoso", "skuId": held.id,
		"skuPartNumber": held.name, "appliesTo": "User", "capabilityStatus": "Enabled", "consumedUnits": consumed[held.id],
		"prepaidUnits": map[string]any{"enabled": consumed[held.id] + 25, "suspended": 0, "warning": 0, "lockedOut": 0},
		"servicePlans": servicePlans(held),
	}
}
