package directory

import "github.com/tenantkeep/tenantkeep/pkg/m365"

// Attribute is a property of an Entra user that mappings can ask for, as Graph spells it.
type Attribute string

// Attributes lists them: https://learn.microsoft.com/graph/api/resources/user#properties
var Attributes = []Attribute{
	"department", "jobTitle", "city", "country", "companyName", "officeLocation", userType, "usageLocation",
}

const userType Attribute = "userType"

// Person is an Entra user.
type Person struct {
	ID            m365.UserID
	PrincipalName string
	DisplayName   string
	Mail          string // primary SMTP address; empty without a mailbox
	Enabled       bool   // may sign in
	Attributes    map[Attribute]string
}

// Guest tells whether the person belongs to another tenant.
func (p Person) Guest() bool { return same(p.Attributes[userType], "guest") }
