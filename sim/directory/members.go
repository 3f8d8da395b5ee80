package directory

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// find returns any object that is there.
func (s *Store) find(id string) *object {
	for _, population := range s.kinds {
		if o := population.byID[strings.ToLower(id)]; o != nil && o.removed == "" {
			return o
		}
	}
	return nil
}

func (s *Store) appendMember(b []byte, id string, asked []string) []byte {
	o := s.find(id)
	if o == nil {
		return append(wire.AppendString(append(b, `{"@odata.type":"#microsoft.graph.directoryObject","id":`...), id), '}')
	}
	return s.appendObject(b, o, selection(o.kind, asked), true, "")
}

// listMembers answers GET /groups/{group}/members and transitiveMembers; only limits it to one kind,
// as the cast members/microsoft.graph.user does.
func (s *Store) listMembers(only Kind, transitive bool) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		group, err := s.see(Group, c.Param("group"))
		if err != nil {
			return err
		}
		var found []*object
		for _, id := range s.reach(group.id, transitive, func(o *object) []string { return s.membersOf(o) }) {
			if o := s.find(id); o != nil && (only == "" || o.kind == only) {
				found = append(found, o)
			}
		}
		return s.sendPage(c, found, "directoryObjects", func(b []byte, o *object) []byte {
			return s.appendObject(b, o, selection(o.kind, c.Query.Select), true, "")
		})
	}
}

// memberOf answers GET /users/{user}/memberOf, /groups/{group}/memberOf, and transitiveMemberOf.
func (s *Store) memberOf(kind Kind, transitive bool) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		member, err := s.see(kind, c.Param(string(kind)))
		if err != nil {
			return err
		}
		var found []*object
		for _, id := range s.reach(member.id, transitive, s.groupsOf) {
			if group := s.find(id); group != nil {
				found = append(found, group)
			}
		}
		return s.sendPage(c, found, "directoryObjects", func(b []byte, o *object) []byte {
			return s.appendObject(b, o, selection(o.kind, c.Query.Select), true, "")
		})
	}
}

// groupsOf are the groups that a reader sees an object in.
func (s *Store) groupsOf(member *object) []string {
	var groups []string
	for _, group := range s.kinds[Group].order {
		if s.visible(group) && group.isMember(member.id) && !s.young(group.since[member.id]) {
			groups = append(groups, group.id)
		}
	}
	return groups
}

// reach follows a relation from an object, one step or all the way, and tells each other object once.
func (s *Store) reach(from string, transitive bool, step func(*object) []string) []string {
	start := s.find(from)
	if start == nil {
		return nil
	}
	if !transitive {
		return step(start)
	}
	var all []string
	known := map[string]bool{from: true}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		o := s.find(queue[0])
		if o == nil {
			continue
		}
		for _, id := range step(o) {
			if !known[id] {
				known[id] = true
				all, queue = append(all, id), append(queue, id)
			}
		}
	}
	return all
}

// addMember answers POST /groups/{group}/members/$ref.
func (s *Store) addMember(c *wire.Call) error {
	var body map[string]string
	if err := c.Decode(&body); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	group, err := s.get(Group, c.Param("group"))
	if err != nil {
		return err
	}
	if err := s.bindMembers(group, []any{body["@odata.id"]}); err != nil {
		return err
	}
	return c.NoContent()
}

// largestBind is how many members one PATCH may add.
const largestBind = 20

// bindMembers adds all of the referenced objects or none.
func (s *Store) bindMembers(group *object, references []any) error {
	if len(references) > largestBind {
		return wire.BadRequest("Request_BadRequest", "The number of members to add exceeds the limit of 20.")
	}
	ids := make([]string, 0, len(references))
	for _, reference := range references {
		text, _ := reference.(string)
		id := strings.ToLower(text[strings.LastIndexByte(text, '/')+1:])
		o := s.find(id)
		switch {
		case o == nil || !s.visible(o):
			return notFound(id)
		case o == group:
			return wire.BadRequest("Request_BadRequest", "A group cannot be a member of itself.")
		case group.isMember(id) || slices.Contains(ids, id):
			return wire.BadRequest("Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'.")
		}
		ids = append(ids, id)
	}
	for _, id := range ids {
		s.join(group, id)
	}
	return nil
}

func (s *Store) join(group *object, id string) {
	group.members = append(group.members, id)
	if s.delay > 0 {
		if group.since == nil {
			group.since = map[string]time.Time{}
		}
		group.since[id] = s.config.Now()
	}
	s.noteMember(group, id)
}

func (s *Store) noteMember(group *object, id string) {
	sequence := s.advance()
	group.joined[id] = sequence
	s.kinds[Group].note(group, sequence)
	s.tell(group, event.Updated, event.Member{ID: id, Removed: !group.isMember(id)})
}

// removeMember answers DELETE /groups/{group}/members/{member}/$ref.
func (s *Store) removeMember(c *wire.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	group, err := s.get(Group, c.Param("group"))
	if err != nil {
		return err
	}
	if !s.leave(group, strings.ToLower(c.Param("member"))) {
		return notFound(c.Param("member"))
	}
	return c.NoContent()
}

func (s *Store) leave(group *object, id string) bool {
	at := slices.Index(group.members, id)
	if at < 0 {
		return false
	}
	group.members = slices.Delete(group.members, at, at+1)
	s.noteMember(group, id)
	return true
}

// leaveAll takes an object out of all groups and returns which these were.
func (s *Store) leaveAll(id string) []string {
	var groups []string
	for _, group := range s.kinds[Group].order {
		if s.leave(group, id) {
			groups = append(groups, group.id)
		}
	}
	return groups
}

// managerOf returns the manager that was set with PUT manager/$ref.
func (s *Store) managerOf(user *object) *object {
	id, _ := s.properties(user)["manager"].(string)
	return s.find(id)
}

func (s *Store) readManager(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	user, err := s.see(User, c.Param("user"))
	if err != nil {
		return err
	}
	manager := s.managerOf(user)
	if manager == nil {
		return notFound("manager")
	}
	return c.JSON(http.StatusOK, s.appendObject(nil, manager, selection(User, c.Query.Select), true, c.Context("directoryObjects/$entity")))
}

func (s *Store) setManager(c *wire.Call) error {
	var body map[string]string
	if err := c.Decode(&body); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user, err := s.get(User, c.Param("user"))
	if err != nil {
		return err
	}
	id := body["@odata.id"]
	manager := s.find(id[strings.LastIndexByte(id, '/')+1:])
	if manager == nil {
		return notFound(id)
	}
	s.set(user, map[string]any{"manager": manager.id})
	return c.NoContent()
}
