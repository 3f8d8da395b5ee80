package directory

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Decide compares Entra with our users, and returns what has to change, by action and then by id.
func Decide(rules Rules, mirror *Mirror, users map[m365.UserID]User) []Change {
	ids := map[m365.UserID]bool{}
	for id := range mirror.entries {
		ids[id] = true
	}
	for id := range users {
		ids[id] = true
	}
	return DecideAbout(maps.Keys(ids), rules, mirror, users)
}

// DecideAbout decides about some users, for whom mirror and users are complete. About the others it
// would decide nothing if they are as the same rules have left them.
func DecideAbout(ids iter.Seq[m365.UserID], rules Rules, mirror *Mirror, users map[m365.UserID]User) []Change {
	var changes []Change
	for id := range ids {
		if change := Next(rules, mirror.Entry(id), users[id]); change.Action != Nothing {
			changes = append(changes, change)
		}
	}
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Action, b.Action), cmp.Compare(a.After.ID, b.After.ID))
	})
	return changes
}

// Next decides about one user: ours (zero if there is none), and what Entra says.
func Next(rules Rules, entry Entry, before User) Change {
	return Turn(before, next(rules, entry, before))
}

// Turn is the change from one state of a user to another.
func Turn(before, after User) Change {
	return Change{Action: action(before, after), Before: before, After: after}
}

func next(rules Rules, entry Entry, before User) User {
	after := before
	if entry.Person == nil {
		if before.State != Unknown {
			after.State, after.Reason = Removed, ReasonGone
		}
		return after
	}
	mapping, matched := rules.Match(entry)
	state, reason := stand(*entry.Person, matched, before.Imported)
	if state != Active && before.State == Unknown {
		return before
	}
	after.describe(*entry.Person)
	after.State, after.Reason = state, reason
	if matched || before.Imported {
		after.Mapping = mapping.ID
	}
	if matched && !before.Pinned {
		after.Profile = mapping.Profile
	}
	return after
}

// stand is the state of somebody whom Entra has.
func stand(person Person, matched, imported bool) (State, string) {
	switch {
	case imported:
		return Active, ""
	case !person.Enabled:
		return Suspended, ReasonBlocked
	case !matched:
		return Suspended, ReasonOutOfScope
	default:
		return Active, ""
	}
}

func (u *User) describe(person Person) {
	u.ID, u.PrincipalName, u.DisplayName = person.ID, person.PrincipalName, person.DisplayName
	u.Mail, u.Enabled = person.Mail, person.Enabled
}

func action(before, after User) Action {
	switch {
	case before == after:
		return Nothing
	case before.State == after.State:
		return Update
	case after.State == Active:
		return Provision
	case after.State == Suspended:
		return Suspend
	default:
		return Remove
	}
}
