// Package protection decides what is protected: which resources a user has, given the profile that
// the directory chose for them. It knows no state and no service.
//
//	user, workloads of the profile -> Wanted -> resources that must be protected
//
// A resource's id is the workload and the Entra object id, mail-<id> or files-<id>: the same mailbox
// is the same resource even if its user was removed and came back.
package protection

import (
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// User is a user of the directory as far as protection goes.
type User struct {
	Name    string // connections/{connection}/users/{user}
	ID      m365.UserID
	Address string // what people call them
	Mailbox bool   // they have an address that receives mail
	Active  bool   // in scope, and not suspended
	Profile m365.ProfileID
}

// Resource is something of a user's that is to be protected.
type Resource struct {
	ID       m365.ResourceID
	Workload m365.Workload
	Profile  m365.ProfileID
	User     User
}

// workloads are all that a user can have.
var workloads = []m365.Workload{m365.Mail, m365.Files}

// ResourceID is the resource of a user's workload.
func ResourceID(workload m365.Workload, user m365.UserID) m365.ResourceID {
	return m365.ResourceID(string(workload) + "-" + string(user))
}

// Wanted returns the resources of a user that must be protected, and the ids of those that must not.
// protected are the workloads of the user's profile; none if there is no such profile.
func Wanted(user User, protected []m365.Workload) (wanted []Resource, others []m365.ResourceID) {
	for _, workload := range workloads {
		id := ResourceID(workload, user.ID)
		if user.Active && user.Profile != "" && slices.Contains(protected, workload) && (workload != m365.Mail || user.Mailbox) {
			wanted = append(wanted, Resource{ID: id, Workload: workload, Profile: user.Profile, User: user})
			continue
		}
		others = append(others, id)
	}
	return wanted, others
}
