package directory

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

func ann() Person {
	return Person{ID: "1", PrincipalName: "ann@contoso.com", DisplayName: "Ann", Mail: "ann@contoso.com", Enabled: true,
		Attributes: map[Attribute]string{"department": "Sales"}}
}

func with(person Person, edit func(*Person)) *Person {
	edit(&person)
	return &person
}

// user is Ann as mapping "all" brings her in, edited.
func user(edit func(*User)) User {
	u := User{ID: "1", PrincipalName: "ann@contoso.com", DisplayName: "Ann", Mail: "ann@contoso.com", Enabled: true,
		State: Active, Mapping: "all", Profile: "standard"}
	if edit != nil {
		edit(&u)
	}
	return u
}

var (
	everybody = Mapping{ID: "all", Name: "Everybody", Priority: 100, Criterion: Criterion{Everybody: true}, Profile: "standard"}
	managers  = Mapping{ID: "vip", Priority: 10, Criterion: Criterion{Group: "managers"}, Profile: "gold"}
	sales     = Mapping{ID: "sales", Priority: 20, Criterion: Criterion{Attribute: "department", Value: "sALES"}, Profile: "silver"}
)

func TestNext(t *testing.T) {
	plain := ann()
	blocked := with(ann(), func(p *Person) { p.Enabled = false })
	for name, test := range map[string]struct {
		rules  Rules
		entry  Entry
		before User
		want   User
		action Action
	}{
		"comes in": {
			rules: Rules{everybody}, entry: Entry{Person: &plain}, want: user(nil), action: Provision},
		"stays as it is": {
			rules: Rules{everybody}, entry: Entry{Person: &plain}, before: user(nil), want: user(nil), action: Nothing},
		"smallest priority wins": {
			rules: NewRules(everybody, sales, managers), entry: Entry{Person: &plain, Groups: []m365.GroupID{"managers"}},
			want: user(func(u *User) { u.Mapping, u.Profile = "vip", "gold" }), action: Provision},
		"attribute without regard to case": {
			rules: NewRules(everybody, sales, managers), entry: Entry{Person: &plain},
			want: user(func(u *User) { u.Mapping, u.Profile = "sales", "silver" }), action: Provision},
		"another mapping gives another profile": {
			rules: NewRules(everybody, managers), entry: Entry{Person: &plain, Groups: []m365.GroupID{"managers"}}, before: user(nil),
			want: user(func(u *User) { u.Mapping, u.Profile = "vip", "gold" }), action: Update},
		"a pinned profile stays": {
			rules: NewRules(everybody, managers), entry: Entry{Person: &plain, Groups: []m365.GroupID{"managers"}},
			before: user(func(u *User) { u.Pinned, u.Profile = true, "bronze" }),
			want:   user(func(u *User) { u.Pinned, u.Profile, u.Mapping = true, "bronze", "vip" }), action: Update},
		"guests are not everybody": {
			rules: Rules{everybody}, entry: Entry{Person: with(ann(), func(p *Person) { p.Attributes = map[Attribute]string{"userType": "Guest"} })}},
		"a guest in a group comes in": {
			rules:  Rules{managers},
			entry:  Entry{Person: with(ann(), func(p *Person) { p.Attributes = map[Attribute]string{"userType": "Guest"} }), Groups: []m365.GroupID{"managers"}},
			want:   user(func(u *User) { u.Mapping, u.Profile = "vip", "gold" }),
			action: Provision},
		"renamed is the same user": {
			rules: Rules{everybody}, entry: Entry{Person: with(ann(), func(p *Person) { p.PrincipalName = "anna@contoso.com" })}, before: user(nil),
			want: user(func(u *User) { u.PrincipalName = "anna@contoso.com" }), action: Update},
		"blocked is suspended": {
			rules: Rules{everybody}, entry: Entry{Person: blocked}, before: user(nil),
			want: user(func(u *User) { u.State, u.Reason, u.Enabled = Suspended, ReasonBlocked, false }), action: Suspend},
		"blocked from the start never comes in": {
			rules: Rules{everybody}, entry: Entry{Person: blocked}},
		"out of scope is suspended and keeps its profile": {
			rules: Rules{managers}, entry: Entry{Person: &plain}, before: user(nil),
			want: user(func(u *User) { u.State, u.Reason = Suspended, ReasonOutOfScope }), action: Suspend},
		"back in scope is provisioned": {
			rules: Rules{everybody}, entry: Entry{Person: &plain},
			before: user(func(u *User) { u.State, u.Reason = Suspended, ReasonOutOfScope }), want: user(nil), action: Provision},
		"gone is removed": {
			rules: Rules{everybody}, before: user(nil),
			want: user(func(u *User) { u.State, u.Reason = Removed, ReasonGone }), action: Remove},
		"gone although imported is removed": {
			before: user(func(u *User) { u.Imported = true }),
			want:   user(func(u *User) { u.State, u.Reason, u.Imported = Removed, ReasonGone, true }), action: Remove},
		"out of the recycle bin is provisioned": {
			rules: Rules{everybody}, entry: Entry{Person: &plain},
			before: user(func(u *User) { u.State, u.Reason = Removed, ReasonGone }), want: user(nil), action: Provision},
		"out of the recycle bin but blocked is suspended": {
			rules: Rules{everybody}, entry: Entry{Person: blocked},
			before: user(func(u *User) { u.State, u.Reason = Removed, ReasonGone }),
			want:   user(func(u *User) { u.State, u.Reason, u.Enabled = Suspended, ReasonBlocked, false }), action: Suspend},
		"imported stays active out of scope and blocked": {
			entry: Entry{Person: blocked}, before: user(func(u *User) { u.Imported = true }),
			want: user(func(u *User) { u.Imported, u.Enabled, u.Mapping = true, false, "" }), action: Update},
		"a member that is no person is nobody": {
			rules: Rules{managers}, entry: Entry{Groups: []m365.GroupID{"managers"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Next(test.rules, test.entry, test.before)
			if diff := cmp.Diff(Change{test.action, test.before, test.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewPersonWithAnOldNameIsAnotherUser(t *testing.T) {
	mirror := NewMirror(nil)
	mirror.Put(*with(ann(), func(p *Person) { p.PrincipalName = "old.ann@contoso.com" }))
	mirror.Put(*with(ann(), func(p *Person) { p.ID, p.DisplayName = "2", "Ann the Second" }))
	changes := Decide(Rules{everybody}, mirror, map[m365.UserID]User{"1": user(nil)})
	if len(changes) != 2 || changes[0].Action != Provision || changes[0].After.ID != "2" || changes[1].Action != Update || changes[1].After.ID != "1" {
		t.Errorf("%+v", changes)
	}
}

func TestGuard(t *testing.T) {
	for _, test := range []struct {
		active, gone int
		refused      bool
	}{
		{10, 10, false}, {11, 11, true}, {100, 20, false}, {100, 21, true}, {40, 10, false}, {40, 11, true},
	} {
		users := map[m365.UserID]User{}
		mirror := NewMirror(nil)
		mirror.Put(*with(ann(), func(p *Person) { p.ID = "new" }))
		for i := range test.active {
			id := m365.UserID(rune('A' + i))
			users[id] = user(func(u *User) { u.ID = id })
			if i >= test.gone {
				mirror.Put(*with(ann(), func(p *Person) { p.ID = id }))
			}
		}
		changes, err := Guard(Decide(Rules{everybody}, mirror, users), func() int { return test.active })
		if (err != nil) != test.refused {
			t.Errorf("%d of %d: %v", test.gone, test.active, err)
		}
		if want := 1 + test.gone; !test.refused && len(changes) != want || test.refused && len(changes) != 1 {
			t.Errorf("%d of %d: %d changes", test.gone, test.active, len(changes))
		}
	}
}

func TestPreview(t *testing.T) {
	mirror := NewMirror(nil)
	for _, id := range []m365.UserID{"comes", "stays", "moves", "goes", "elsewhere"} {
		department := map[m365.UserID]string{"goes": "Old", "elsewhere": "Law"}[id]
		mirror.Put(*with(ann(), func(p *Person) {
			p.ID, p.Attributes = id, map[Attribute]string{"department": department}
			if department == "" {
				p.Attributes["department"] = "New"
			}
		}))
	}
	current := NewRules(
		Mapping{ID: "m", Priority: 5, Criterion: Criterion{Attribute: "department", Value: "old"}, Profile: "a"},
		Mapping{ID: "law", Priority: 9, Criterion: Criterion{Attribute: "department", Value: "law"}, Profile: "a"})
	proposed := NewRules(
		Mapping{ID: "m", Priority: 5, Criterion: Criterion{Attribute: "department", Value: "new"}, Profile: "b"}, current[1])
	users := map[m365.UserID]User{}
	for _, id := range []m365.UserID{"stays", "moves", "goes", "elsewhere"} {
		users[id] = user(func(u *User) {
			u.ID, u.Mapping, u.Profile = id, "m", map[bool]m365.ProfileID{true: "b", false: "a"}[id == "stays"]
		})
	}
	got := map[m365.UserID]Effect{}
	for _, previewed := range Preview(current, proposed, "m", mirror, users) {
		got[previewed.Change.After.ID] = previewed.Effect
	}
	want := map[m365.UserID]Effect{"comes": Comes, "stays": Stays, "moves": ChangesProfile, "goes": Goes}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
