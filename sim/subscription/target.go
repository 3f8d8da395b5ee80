package subscription

import (
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// target is what a resource means.
type target struct {
	kind   event.Kind
	owner  string // of the mailbox or the drive; of users and groups the one object, if it is one
	folder string
}

// Longest lives: https://learn.microsoft.com/graph/api/resources/subscription#subscription-lifetime
var longest = map[event.Kind]time.Duration{
	event.Message: 10_080 * time.Minute, event.Drive: 42_300 * time.Minute, event.User: 41_760 * time.Minute, event.Group: 41_760 * time.Minute,
}

// shortest is what a shorter life is made.
const shortest = 45 * time.Minute

// roles that a subscription takes, any of them.
var roles = map[event.Kind][]string{
	event.Message: {"Mail.Read", "Mail.ReadWrite"},
	event.Drive:   {"Files.Read.All", "Files.ReadWrite.All", "Sites.ReadWrite.All", "Sites.FullControl.All"},
	event.User:    {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
	event.Group:   {"Group.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"},
}

// aim reads a resource.
func (s *Store) aim(resource string) (target, error) {
	parts, _ := wire.Split(strings.TrimPrefix(resource, "/"))
	lower := make([]string, len(parts))
	for i, part := range parts {
		lower[i] = strings.ToLower(part)
	}
	at := func(n int) string {
		if n < len(lower) {
			return lower[n]
		}
		return ""
	}
	switch n := len(parts); {
	case at(0) == "users" && n <= 2:
		return s.object(event.User, parts)
	case at(0) == "groups" && (n <= 2 || n == 3 && at(2) == "members"):
		return s.object(event.Group, parts)
	case at(0) == "users" && n == 3 && at(2) == "messages":
		return s.ofUser(event.Message, parts[1])
	case at(0) == "users" && n == 5 && at(2) == "mailfolders" && at(4) == "messages":
		t, err := s.ofUser(event.Message, parts[1])
		if err == nil {
			if t.folder = s.Folder(t.owner, parts[3]); t.folder == "" {
				err = notFound(resource)
			}
		}
		return t, err
	case at(0) == "users" && n == 4 && at(2) == "drive" && at(3) == "root":
		return s.ofUser(event.Drive, parts[1])
	case at(0) == "drives" && n == 3 && at(2) == "root":
		owner := s.Owner(parts[1])
		if owner == "" {
			return target{}, notFound(resource)
		}
		return target{kind: event.Drive, owner: owner}, nil
	}
	return target{}, wire.BadRequest("InvalidRequest", "Resource '"+resource+"' is not supported for subscriptions.")
}

func (s *Store) ofUser(kind event.Kind, user string) (target, error) {
	id := s.Resolve(user)
	if id == "" {
		return target{}, notFound(user)
	}
	return target{kind: kind, owner: id}, nil
}

func (s *Store) object(kind event.Kind, parts []string) (target, error) {
	if len(parts) == 1 {
		return target{kind: kind}, nil
	}
	if kind == event.User {
		return s.ofUser(kind, parts[1])
	}
	return target{kind: kind, owner: strings.ToLower(parts[1])}, nil
}

func notFound(what string) error {
	return wire.NotFound("ResourceNotFound", "The resource '"+what+"' does not exist.")
}

// concerns tells whether a change is one of those that are subscribed to.
func (s *subscription) concerns(e event.Event) bool {
	switch t := s.target; {
	case t.kind != e.Kind, !strings.Contains(s.changeType, string(e.Type)), e.Sharing && !s.security:
		return false
	case t.kind == event.User || t.kind == event.Group:
		return t.owner == "" || t.owner == e.ID
	default:
		return t.owner == e.Owner && (t.folder == "" || t.folder == e.Folder)
	}
}
