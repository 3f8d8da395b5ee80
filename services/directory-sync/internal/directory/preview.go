package directory

import (
	"cmp"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Effect is what a mapping would do to a user.
type Effect int

// The effects, most telling first.
const (
	Comes          Effect = iota + 1 // becomes active
	Goes                             // is suspended
	ChangesProfile                   // stays, with another profile
	Stays                            // matches, and stays as it is
)

// Previewed is what would become of one user.
type Previewed struct {
	Effect Effect
	Change Change
	Reason string
}

// Preview says what would become of the users whom a mapping concerns, if the rules were as proposed
// instead of as they are: those whom it would choose, and those who would fare differently without it.
func Preview(current, proposed Rules, mapping m365.MappingID, mirror *Mirror, users map[m365.UserID]User) []Previewed {
	var all []Previewed
	for _, id := range mirror.IDs() {
		entry, user := mirror.Entry(id), users[id]
		now, then := Next(current, entry, user), Next(proposed, entry, user)
		chosen, matched := proposed.Match(entry)
		if now.After == then.After && (!matched || chosen.ID != mapping) {
			continue
		}
		if effect := effectOf(then); effect != 0 {
			all = append(all, Previewed{effect, then, reasonOf(then, proposed)})
		}
	}
	slices.SortStableFunc(all, func(a, b Previewed) int { return cmp.Compare(a.Effect, b.Effect) })
	return all
}

func effectOf(change Change) Effect {
	switch {
	case change.After.State == Unknown:
		return 0
	case change.Action == Provision:
		return Comes
	case change.ends():
		return Goes
	case change.After.State == Active && change.After.Profile != change.Before.Profile:
		return ChangesProfile
	default:
		return Stays
	}
}

func reasonOf(change Change, rules Rules) string {
	switch {
	case change.After.State != Active:
		return change.After.Reason
	case change.After.Pinned:
		return "the profile was set by a person"
	default:
		return "mapping " + rules.name(change.After.Mapping)
	}
}
