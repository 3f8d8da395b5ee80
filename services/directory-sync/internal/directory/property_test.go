package directory

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// The world is small, so that names, groups and ids collide.
var (
	ids    = rapid.Map(rapid.IntRange(0, 7), func(i int) m365.UserID { return m365.UserID(fmt.Sprint("u", i)) })
	groups = rapid.Map(rapid.IntRange(0, 2), func(i int) m365.GroupID { return m365.GroupID(fmt.Sprint("g", i)) })
	words  = rapid.SampledFrom([]string{"", "sales", "Sales", "law"})
)

var persons = rapid.Custom(func(t *rapid.T) Person {
	person := Person{
		ID: ids.Draw(t, "id"), PrincipalName: words.Draw(t, "name"), DisplayName: words.Draw(t, "display name"),
		Mail: words.Draw(t, "mail"), Enabled: rapid.Bool().Draw(t, "enabled"), Attributes: map[Attribute]string{},
	}
	if department := words.Draw(t, "department"); department != "" {
		person.Attributes["department"] = department
	}
	if rapid.Bool().Draw(t, "guest") {
		person.Attributes[userType] = "Guest"
	}
	return person
})

var rules = rapid.Custom(func(t *rapid.T) Rules {
	var mappings []Mapping
	for i := range rapid.IntRange(0, 4).Draw(t, "mappings") {
		criterion := rapid.SampledFrom([]Criterion{
			{Everybody: true}, {Group: groups.Draw(t, "group")}, {Attribute: "department", Value: words.Filter(func(w string) bool { return w != "" }).Draw(t, "value")},
		}).Draw(t, "criterion")
		mappings = append(mappings, Mapping{
			ID: m365.MappingID(fmt.Sprint("m", i)), Priority: rapid.IntRange(1, 3).Draw(t, "priority"), Criterion: criterion,
			Profile: m365.ProfileID(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "profile")),
		})
	}
	return NewRules(mappings...)
})

// event is one change in Entra: applied to a mirror, and to the model that a full read sees.
type event struct {
	put    *Person
	remove m365.UserID
	join   bool
	group  m365.GroupID
	member m365.UserID
}

var events = rapid.Custom(func(t *rapid.T) event {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		person := persons.Draw(t, "person")
		return event{put: &person}
	case 1:
		return event{remove: ids.Draw(t, "removed")}
	default:
		return event{group: groups.Draw(t, "group"), member: ids.Draw(t, "member"), join: rapid.Bool().Draw(t, "join")}
	}
})

func (e event) apply(m *Mirror) {
	switch {
	case e.put != nil:
		m.Put(*e.put)
	case e.remove != "":
		m.Remove(e.remove)
	case e.join:
		m.Join(e.group, e.member)
	default:
		m.Leave(e.group, e.member)
	}
}

func grow(t *rapid.T) (*Mirror, []event) {
	happened := rapid.SliceOfN(events, 0, 40).Draw(t, "events")
	mirror := NewMirror(nil)
	for _, e := range happened {
		e.apply(mirror)
	}
	return mirror, happened
}

var ours = rapid.Custom(func(t *rapid.T) map[m365.UserID]User {
	mirror, _ := grow(t)
	users := apply(nil, Decide(rules.Draw(t, "old rules"), mirror, nil))
	for id, user := range users {
		user.Pinned, user.Imported = rapid.Bool().Draw(t, "pinned"), rapid.Bool().Draw(t, "imported")
		users[id] = user
	}
	return users
})

func apply(users map[m365.UserID]User, changes []Change) map[m365.UserID]User {
	after := map[m365.UserID]User{}
	for id, user := range users {
		after[id] = user
	}
	for _, change := range changes {
		after[change.After.ID] = change.After
	}
	return after
}

func TestAppliedDecisionsNeedNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mirror, _ := grow(t)
		rules, users := rules.Draw(t, "rules"), ours.Draw(t, "users")
		once := apply(users, Decide(rules, mirror, users))
		if again := Decide(rules, mirror, once); len(again) != 0 {
			t.Fatalf("again: %+v", again)
		}
	})
}

func TestPartOfTheChangesLeavesTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mirror, _ := grow(t)
		rules, users := rules.Draw(t, "rules"), ours.Draw(t, "users")
		changes := Decide(rules, mirror, users)
		cut := rapid.IntRange(0, len(changes)).Draw(t, "cut")
		rest := Decide(rules, mirror, apply(users, changes[:cut]))
		if diff := cmp.Diff(changes[cut:], rest, equateEmpty); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mirror, _ := grow(t)
		rules, users := rules.Draw(t, "rules"), ours.Draw(t, "users")
		shuffled := append([]Mapping(nil), rules...)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(Decide(rules, mirror, users), Decide(NewRules(shuffled...), mirror, users)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestDeltaEndsAsFullRead compares a mirror that saw every change, some of them twice and with persons
// and memberships interleaved at will, with one that reads only what is there at the end.
func TestDeltaEndsAsFullRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mirror, happened := grow(t)
		from := rapid.IntRange(0, len(happened)).Draw(t, "replay from")
		for _, e := range happened[from:] {
			e.apply(mirror)
		}
		full := read(happened)
		if diff := cmp.Diff(full.entries, mirror.entries, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// read keeps the last word on each person and each membership, all persons before all memberships.
func read(happened []event) *Mirror {
	people, members := map[m365.UserID]*Person{}, map[event]bool{}
	for _, e := range happened {
		switch {
		case e.put != nil:
			people[e.put.ID] = e.put
		case e.remove != "":
			delete(people, e.remove)
		default:
			members[event{group: e.group, member: e.member}] = e.join
		}
	}
	mirror := NewMirror(nil)
	for _, person := range people {
		mirror.Put(*person)
	}
	for membership, joined := range members {
		if joined {
			mirror.Join(membership.group, membership.member)
		}
	}
	return mirror
}

func TestNobodyIsTouchedWhoIsInNoFeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mirror, _ := grow(t)
		rules, users := rules.Draw(t, "rules"), ours.Draw(t, "users")
		for _, change := range Decide(rules, mirror, users) {
			_, known := users[change.After.ID]
			if !known && mirror.Entry(change.After.ID).Person == nil {
				t.Fatalf("%+v comes from nowhere", change)
			}
			if change.Before.Pinned && change.Before.Profile != change.After.Profile {
				t.Fatalf("a pinned profile changed: %+v", change)
			}
		}
	})
}

var equateEmpty = cmp.Transformer("", func(changes []Change) map[m365.UserID]Change {
	byID := map[m365.UserID]Change{}
	for _, change := range changes {
		byID[change.After.ID] = change
	}
	return byID
})
