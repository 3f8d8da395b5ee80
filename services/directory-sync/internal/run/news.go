package run

import (
	"context"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
)

// news is what one complete round of reading brought.
type news struct {
	people  []PersonNews
	groups  []GroupNews
	allOf   bool // people is everybody, not what changed
	members bool // groups is every member, not what changed
	next    Cursor
}

// read follows the links of a cursor to their ends. Without a link it reads everything. When other
// groups are named than before, their members are read anew, since a link keeps its groups.
func read(ctx context.Context, source Source, from Cursor, groups []m365.GroupID) (news, error) {
	n := news{allOf: from.People == ""}
	links := from.Members
	if n.allOf || !slices.Equal(from.groups(), groups) {
		links, n.members = unread(groups), true
	}
	var err error
	if n.next.People, err = source.People(ctx, from.People, func(person PersonNews) error {
		n.people = append(n.people, person)
		return ctx.Err()
	}); err != nil {
		return news{}, err
	}
	for _, link := range links {
		next, err := source.Members(ctx, link.Groups, link.Link, func(group GroupNews) error {
			n.groups = append(n.groups, group)
			return ctx.Err()
		})
		if err != nil {
			return news{}, err
		}
		n.next.Members = append(n.next.Members, GroupLink{link.Groups, next})
	}
	return n, nil
}

func (n news) none() bool {
	return len(n.people) == 0 && len(n.groups) == 0 && !n.allOf && !n.members
}

// apply brings a mirror up to date. Persons and memberships do not depend on each other's order.
func (n news) apply(mirror *directory.Mirror, before []m365.GroupID) {
	if n.members {
		for _, group := range before {
			mirror.Empty(group)
		}
	}
	for _, p := range n.people {
		if p.Gone {
			mirror.Remove(p.Person.ID)
			continue
		}
		mirror.Put(p.Person)
	}
	for _, g := range n.groups {
		if g.Gone {
			mirror.Empty(g.Group)
		}
		for _, id := range g.Joined {
			mirror.Join(g.Group, id)
		}
		for _, id := range g.Left {
			mirror.Leave(g.Group, id)
		}
	}
}

// believable refuses a mirror of everybody in which there is nobody.
func believable(mirror *directory.Mirror) error {
	if mirror.People() > 0 {
		return nil
	}
	return fault.New(fault.Transient, "sync directory", "Entra showed not a single user, which cannot be",
		fault.Reason("SOURCE_EMPTY"), fault.Next("nothing: it is read again; if it stays so, test the connection"))
}

// about lists whom the news concern; false if they can concern anybody.
func (n news) about() ([]m365.UserID, bool) {
	if n.allOf || n.members {
		return nil, false
	}
	var ids []m365.UserID
	for _, p := range n.people {
		ids = append(ids, p.Person.ID)
	}
	for _, g := range n.groups {
		if g.Gone {
			return nil, false
		}
		ids = append(append(ids, g.Joined...), g.Left...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), true
}

// gone are the persons whom Entra itself reported as deleted.
func (n news) gone() map[m365.UserID]bool {
	gone := map[m365.UserID]bool{}
	for _, p := range n.people {
		gone[p.Person.ID] = p.Gone // the last one counts
	}
	return gone
}
