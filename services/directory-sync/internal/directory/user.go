package directory

import "github.com/tenantkeep/tenantkeep/pkg/m365"

// State is where a user stands.
type State int

// The states; the package comment says who is in which.
const (
	Unknown State = iota // no user
	Active
	Suspended
	Removed
)

// User is one of ours. The zero value is nobody.
type User struct {
	ID            m365.UserID
	PrincipalName string
	DisplayName   string
	Mail          string
	Enabled       bool
	State         State
	Reason        string // why the state is not active
	Profile       m365.ProfileID
	Mapping       m365.MappingID // that brought the user in, or would
	Pinned        bool           // the profile is a person's choice
	Imported      bool           // a person wants this user, whatever the mappings say
}

// Why a user is not active.
const (
	ReasonBlocked    = "blocked from signing in"
	ReasonOutOfScope = "in no mapping's scope"
	ReasonGone       = "deleted in Entra"
)

// Action is what a change does to a user.
type Action int

// The actions, in the order in which changes are made: who comes in is protected first.
const (
	Nothing Action = iota
	Provision
	Update
	Suspend
	Remove
)

// Change is one user's next state.
type Change struct {
	Action Action
	Before User // zero if there was none
	After  User
}

// Reason is why the change is made, as a noun phrase.
func (c Change) Reason(rules Rules) string {
	switch {
	case c.After.State != Active:
		return c.After.Reason
	case c.After.Imported && c.After.Mapping == "":
		return "import by a person"
	case c.After.Profile != c.Before.Profile || c.Action == Provision:
		return "mapping " + rules.name(c.After.Mapping)
	default:
		return "new details in Entra"
	}
}

func (r Rules) name(id m365.MappingID) string {
	for _, mapping := range r {
		if mapping.ID == id && mapping.Name != "" {
			return mapping.Name
		}
	}
	return string(id)
}
