package directory

import (
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// What one sync may suspend and remove without being asked: so many, or that share of the active
// users, whichever is more. Entra's own provisioning calls the same thing accidental deletion
// prevention: https://learn.microsoft.com/entra/identity/app-provisioning/accidental-deletions
const (
	guardUsers   = 10
	guardPercent = 20
)

// Guard takes the risky changes out if they are too many to be believed, and says so with an error.
// The others can be made all the same. Active counts the users who are active now.
func Guard(changes []Change, active func() int) ([]Change, error) {
	var safe []Change
	for _, change := range changes {
		if !change.ends() {
			safe = append(safe, change)
		}
	}
	risky := len(changes) - len(safe)
	if risky <= guardUsers || risky <= active()*guardPercent/100 {
		return changes, nil
	}
	return safe, fault.New(fault.Precondition, "sync directory",
		fmt.Sprintf("%d of %d active users would be suspended or removed at once, so none of them was", risky, active()),
		fault.Reason("MASS_CHANGE"),
		fault.Next("look whether Entra and the mappings are as they should be; if they are, let it happen with tenantkeep mapping sync --allow-mass-change"))
}

// ends tells whether the change ends the protection of an active user. Removing who is suspended
// already takes nothing away.
func (c Change) ends() bool { return c.Before.State == Active && c.After.State != Active }
