package snapshot

import (
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Resource is a mailbox or drive that is, or was, protected.
type Resource struct {
	Connection m365.ConnectionID
	ID         m365.ResourceID
	Workload   m365.Workload
	User       m365.UserID // whose it is
	Address    string      // what people call it
	Unit       string      // of the vault
}

// Name is the resource's name in the API.
func (r Resource) Name() string {
	return "connections/" + string(r.Connection) + "/resources/" + string(r.ID)
}

// Person is a user of a tenant.
type Person struct {
	ID      m365.UserID
	Address string
}
