package directory

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Mapping is a rule: whom it chooses, and with which profile they come in.
type Mapping struct {
	ID        m365.MappingID
	Name      string
	Priority  int // the smallest wins; of equal ones the smaller id
	Criterion Criterion
	Profile   m365.ProfileID
}

// Criterion chooses Entra users: everybody but guests, the direct members of a group, or those with
// a value in an attribute. Exactly one of its parts is set.
type Criterion struct {
	Everybody bool
	Group     m365.GroupID
	Attribute Attribute
	Value     string // of the attribute; compared without regard to case
}

func (c Criterion) matches(entry Entry) bool {
	switch {
	case entry.Person == nil:
		return false
	case c.Everybody:
		return !entry.Person.Guest()
	case c.Group != "":
		return slices.Contains(entry.Groups, c.Group)
	default:
		return c.Attribute != "" && same(entry.Person.Attributes[c.Attribute], c.Value)
	}
}

func same(a, b string) bool { return strings.EqualFold(a, b) }

// Rules are the mappings of a connection, the one that wins first.
type Rules []Mapping

// NewRules puts mappings in order.
func NewRules(mappings ...Mapping) Rules {
	return slices.SortedFunc(slices.Values(mappings), func(a, b Mapping) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
}

// Match returns the mapping that brings a person in.
func (r Rules) Match(entry Entry) (Mapping, bool) {
	for _, mapping := range r {
		if mapping.Criterion.matches(entry) {
			return mapping, true
		}
	}
	return Mapping{}, false
}

// Groups are those whose members decide, in order.
func (r Rules) Groups() []m365.GroupID {
	var groups []m365.GroupID
	for _, mapping := range r {
		if mapping.Criterion.Group != "" {
			groups = append(groups, mapping.Criterion.Group)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}

// Profile is that of a mapping, or "" if it is not there any more.
func (r Rules) Profile(id m365.MappingID) m365.ProfileID {
	for _, mapping := range r {
		if mapping.ID == id {
			return mapping.Profile
		}
	}
	return ""
}
