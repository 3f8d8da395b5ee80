package directory

import (
	"fmt"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// epoch is when the simulated tenant was set up. It is fixed, so that the same seed gives the
// same directory on every day.
var epoch = time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)

// principalName of the i-th user: unique through its number.
func (s *Store) principalName(i int) string {
	return s.nickname(i) + "@" + s.config.Domain
}

func (s *Store) nickname(i int) string {
	given, surname := s.names(i)
	return fmt.Sprintf("%s.%s%d", plain(given), plain(surname), i+1)
}

func (s *Store) names(i int) (given, surname string) {
	source := seed.New(s.config.Seed, seed.Text("name"), uint64(i))
	return seed.Pick(&source, givenNames), seed.Pick(&source, surnames)
}

// In a population of 50 and more, one user in 50 is a guest and one in 50 has no licence, as in
// real tenants; small ones are all members with a mailbox, so that a test knows what it gets.
func (s *Store) isGuest(i int) bool      { return s.config.Users >= 50 && i%50 == 49 }
func (s *Store) isUnlicensed(i int) bool { return s.config.Users >= 50 && i%50 == 24 || s.isGuest(i) }

// generatedUser makes up the properties of the i-th user.
func (s *Store) generatedUser(i int, id string) map[string]any {
	source := seed.New(s.config.Seed, seed.Text("profile"), uint64(i))
	given, surname := s.names(i)
	name, office := s.principalName(i), seed.Pick(&source, offices)
	department := departmentOf(s.config.Seed, i)
	userType, licences := "Member", []any{map[string]any{"skuId": skus[0].id, "disabledPlans": []any{}}}
	if s.isGuest(i) {
		userType = "Guest"
	}
	if s.isUnlicensed(i) {
		licences = []any{}
	}
	return map[string]any{
		"id": id, "displayName": given + " " + surname, "givenName": given, "surname": surname,
		"userPrincipalName": name, "mail": name, "mailNickname": s.nickname(i),
		"accountEnabled": true, "userType": userType, "jobTitle": seed.Pick(&source, jobTitles),
		"department": department, "officeLocation": office.name, "city": office.city, "country": office.country,
		"usageLocation": office.code, "preferredLanguage": office.language, "companyName": "Contoso",
		"businessPhones": []any{fmt.Sprintf("+49 30 5550%04d", source.N(10000))}, "mobilePhone": nil,
		"employeeId": fmt.Sprintf("E%06d", i+1), "otherMails": []any{},
		"proxyAddresses":   []any{"SMTP:" + name},
		"createdDateTime":  epoch.Add(time.Duration(i) * time.Minute),
		"assignedLicenses": licences, "onPremisesSyncEnabled": nil, "onPremisesImmutableId": nil,
		"externalUserState": nil, "passwordPolicies": nil,
	}
}

func departmentOf(base uint64, i int) string {
	source := seed.New(base, seed.Text("department"), uint64(i))
	return seed.Pick(&source, departments)
}

// groupCount: one for everybody, one per department, and a project group per 25 users.
func (s *Store) groupCount() int { return 1 + len(departments) + s.config.Users/25 }

// generatedGroup makes up the properties of the i-th group.
func (s *Store) generatedGroup(i int, id string) map[string]any {
	name, unified := s.groupName(i), i != 0 && i > len(departments)
	nickname := plain(strings.ReplaceAll(name, " ", "-"))
	group := map[string]any{
		"id": id, "displayName": name, "description": name + " of Contoso", "mailNickname": nickname,
		"createdDateTime": epoch.Add(time.Duration(i) * time.Hour), "groupTypes": []any{},
		"mailEnabled": unified, "securityEnabled": !unified, "mail": nil, "proxyAddresses": []any{},
		"visibility": nil, "onPremisesSyncEnabled": nil, "isAssignableToRole": nil, "membershipRule": nil,
	}
	if unified {
		group["groupTypes"] = []any{"Unified"}
		group["mail"] = nickname + "@" + s.config.Domain
		group["proxyAddresses"] = []any{"SMTP:" + nickname + "@" + s.config.Domain}
		group["visibility"] = "Private"
	}
	return group
}

func (s *Store) groupName(i int) string {
	switch {
	case i == 0:
		return "All Employees"
	case i <= len(departments):
		return departments[i-1]
	}
	return fmt.Sprintf("Project %s %d", projects[i%len(projects)], i-len(departments))
}

// fill gives a generated group its members.
func (s *Store) fill(group *object) {
	group.joined = map[string]uint64{}
	source := seed.New(s.config.Seed, seed.Text("members"), uint64(group.index))
	for _, user := range s.kinds[User].order {
		var belongs bool
		switch i := group.index; {
		case i == 0:
			belongs = !s.isGuest(user.index)
		case i <= len(departments):
			belongs = departmentOf(s.config.Seed, user.index) == departments[i-1]
		default:
			belongs = source.N(max(s.config.Users/8, 1)) == 0
		}
		if belongs {
			group.members = append(group.members, user.id)
		}
	}
}

// plain turns a name into what an address may hold.
func plain(name string) string {
	return strings.ToLower(asciiOf.Replace(name))
}
