package directory

import (
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// organization answers GET /organization.
func (s *Store) organization(c *wire.Call) error {
	page := c.NewPage("organization", -1)
	page.Item()
	page.Bytes = wire.AppendValue(page.Bytes, map[string]any{
		"id": s.config.Tenant, "displayName": "Contoso", "countryLetterCode": "DE", "preferredLanguage": "de",
		"createdDateTime": epoch, "tenantType": "AAD", "businessPhones": []any{}, "technicalNotificationMails": []any{"admin@" + s.config.Domain},
		"verifiedDomains": []any{map[string]any{
			"name": s.config.Domain, "isDefault": true, "isInitial": true, "type": "Managed", "capabilities": "Email, OfficeCommunicationsOnline"}},
	})
	return page.Send()
}

// domains answers GET /domains.
func (s *Store) domains(c *wire.Call) error {
	page := c.NewPage("domains", -1)
	page.Item()
	page.Bytes = wire.AppendValue(page.Bytes, map[string]any{
		"id": s.config.Domain, "authenticationType": "Managed", "isAdminManaged": true, "isDefault": true, "isInitial": true,
		"isRoot": true, "isVerified": true, "supportedServices": []any{"Email", "OfficeCommunicationsOnline"},
		"passwordNotificationWindowInDays": 14, "passwordValidityPeriodInDays": 2147483647})
	return page.Send()
}

// subscribedSkus answers GET /subscribedSkus.
func (s *Store) subscribedSkus(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	consumed := map[string]int{}
	for _, user := range s.kinds[User].order {
		if user.removed == "" {
			for _, held := range licencesOf(s.properties(user)) {
				consumed[held.id]++
			}
		}
	}
	page := c.NewPage("subscribedSkus", -1)
	for i := range skus {
		account := seed.New(seed.Text(s.config.Tenant))
		page.Item()
		page.Bytes = wire.AppendValue(page.Bytes, map[string]any{
			"id": s.config.Tenant + "_" + skus[i].id, "accountId": account.GUID(), "accountName": "Contoso", "skuId": skus[i].id,
			"skuPartNumber": skus[i].name, "appliesTo": "User", "capabilityStatus": "Enabled", "consumedUnits": consumed[skus[i].id],
			"prepaidUnits": map[string]any{"enabled": consumed[skus[i].id] + 25, "suspended": 0, "warning": 0, "lockedOut": 0},
			"servicePlans": servicePlans(&skus[i]),
		})
	}
	return page.Send()
}
