package directory

import (
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Ensure returns the user with an address, and makes one with a full licence if there is none.
func (s *Store) Ensure(address string) Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user := s.user(address); user != nil {
		return s.person(user)
	}
	source := seed.New(s.config.Seed, seed.Text("ensured"), seed.Text(strings.ToLower(address)))
	name, _, _ := strings.Cut(address, "@")
	user := &object{id: source.GUID(), kind: User, index: -1, props: initial(User), touched: map[string]uint64{}}
	for property, value := range map[string]any{
		"id": user.id, "displayName": name, "userPrincipalName": address, "mail": address, "mailNickname": name, "accountEnabled": true,
		"usageLocation": "DE", "createdDateTime": epoch, "proxyAddresses": []any{"SMTP:" + address},
		"assignedLicenses": []any{map[string]any{"skuId": skus[0].id, "disabledPlans": []any{}}},
	} {
		user.props[property] = value
	}
	s.index(user)
	s.kinds[User].add(user, s.advance())
	return s.person(user)
}
