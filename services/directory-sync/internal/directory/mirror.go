package directory

import (
	"maps"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Entry is what is known of one object id. Members of a group can be known before the person is,
// and need not be persons at all (nested groups, devices).
type Entry struct {
	Person *Person        // nil if no person of that id was read
	Groups []m365.GroupID // those that mappings name, sorted
}

// Mirror is Entra as far as mappings need it. Whatever changes it can be repeated and ends the same.
type Mirror struct {
	entries map[m365.UserID]Entry
	touched map[m365.UserID]bool
}

// NewMirror returns a mirror that holds entries. It takes the map over.
func NewMirror(entries map[m365.UserID]Entry) *Mirror {
	if entries == nil {
		entries = map[m365.UserID]Entry{}
	}
	return &Mirror{entries: entries, touched: map[m365.UserID]bool{}}
}

// Entry returns what is known of an id.
func (m *Mirror) Entry(id m365.UserID) Entry { return m.entries[id] }

// IDs lists all ids, sorted.
func (m *Mirror) IDs() []m365.UserID { return slices.Sorted(maps.Keys(m.entries)) }

// People counts the persons.
func (m *Mirror) People() int {
	count := 0
	for _, entry := range m.entries {
		if entry.Person != nil {
			count++
		}
	}
	return count
}

// Touched lists the ids that changed since the mirror was made, sorted; also those that are no more.
func (m *Mirror) Touched() []m365.UserID { return slices.Sorted(maps.Keys(m.touched)) }

// Put adds a person, or what is known of one now.
func (m *Mirror) Put(person Person) {
	entry := m.entries[person.ID]
	if entry.Person != nil && equal(*entry.Person, person) {
		return
	}
	entry.Person = &person
	m.set(person.ID, entry)
}

// Remove forgets a person who is gone from Entra. Memberships are news of their own: a person who
// comes back out of the recycle bin has those that no group gave up meanwhile.
func (m *Mirror) Remove(id m365.UserID) {
	entry := m.entries[id]
	if entry.Person != nil {
		entry.Person = nil
		m.set(id, entry)
	}
}

// Join notes a member of a group.
func (m *Mirror) Join(group m365.GroupID, id m365.UserID) {
	entry := m.entries[id]
	at, member := slices.BinarySearch(entry.Groups, group)
	if !member {
		entry.Groups = slices.Insert(slices.Clone(entry.Groups), at, group)
		m.set(id, entry)
	}
}

// Leave ends a membership.
func (m *Mirror) Leave(group m365.GroupID, id m365.UserID) {
	entry := m.entries[id]
	at, member := slices.BinarySearch(entry.Groups, group)
	if member {
		entry.Groups = slices.Delete(slices.Clone(entry.Groups), at, at+1)
		m.set(id, entry)
	}
}

// Empty ends all memberships of a group.
func (m *Mirror) Empty(group m365.GroupID) {
	for _, id := range m.IDs() {
		m.Leave(group, id)
	}
}

func (m *Mirror) set(id m365.UserID, entry Entry) {
	m.touched[id] = true
	if entry.Person == nil && len(entry.Groups) == 0 {
		delete(m.entries, id)
		return
	}
	m.entries[id] = entry
}

func equal(a, b Person) bool {
	same := maps.Equal(a.Attributes, b.Attributes)
	a.Attributes, b.Attributes = nil, nil
	return same && a.ID == b.ID && a.PrincipalName == b.PrincipalName && a.DisplayName == b.DisplayName &&
		a.Mail == b.Mail && a.Enabled == b.Enabled
}
