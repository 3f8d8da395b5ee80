package directory

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Page sizes of Graph: https://learn.microsoft.com/graph/paging.
const (
	defaultPage = 100
	largestPage = 999
)

// list answers GET /users and GET /groups.
func (s *Store) list(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		found, err := s.search(c, kind)
		if err != nil {
			return err
		}
		return s.sendPage(c, found, fragment(kind, c.Query.Select, false), func(b []byte, o *object) []byte {
			return s.appendExpanded(b, o, selection(kind, c.Query.Select), c, "")
		})
	}
}

// sendPage cuts one page out of a list.
func (s *Store) sendPage(c *wire.Call, found []*object, context string, one func([]byte, *object) []byte) error {
	size := defaultPage
	if c.Query.Top > 0 {
		size = min(c.Query.Top, largestPage)
	}
	from, err := position(c.Query.Token)
	if err != nil {
		return err
	}
	count := -1
	if c.Query.Count && c.Advanced() {
		count = len(found)
	}
	page := c.NewPage(context, count)
	to := min(from+size, len(found))
	for _, o := range found[min(from, to):to] {
		page.Item()
		page.Bytes = one(page.Bytes, o)
	}
	if to < len(found) {
		page.Next = c.Link(map[string]string{"$skiptoken": strconv.Itoa(to), "skiptoken": ""})
	}
	return page.Send()
}

func position(token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	at, err := strconv.Atoi(token)
	if err != nil || at < 0 {
		return 0, wire.BadRequest("Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
	}
	return at, nil
}

// search applies $filter, $search and $orderby.
func (s *Store) search(c *wire.Call, kind Kind) ([]*object, error) {
	filter, err := wire.ParseFilter(c.Query.Filter)
	if err != nil {
		return nil, err
	}
	switch counted := c.Query.Count || strings.HasSuffix(c.Route.Path, "/$count"); {
	case c.Query.Search != "" && !c.Advanced():
		return nil, wire.BadRequest("Request_UnsupportedQuery", "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'")
	case filter.Advanced() && !(c.Advanced() && counted):
		return nil, wire.BadRequest("Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified: it needs the header 'ConsistencyLevel: eventual' and $count=true.")
	case c.Query.OrderBy != "" && filter != nil && !(c.Advanced() && counted):
		return nil, wire.BadRequest("Request_UnsupportedQuery", "Sorting not supported for current query.")
	}
	var found []*object
	for _, o := range s.kinds[kind].order {
		if s.visible(o) && (filter == nil || filter.Match(s.row(o))) && s.matches(o, c.Query.Search) {
			found = append(found, o)
		}
	}
	if c.Query.OrderBy != "" {
		s.sort(found, c.Query.OrderBy)
	}
	return found, nil
}

// matches applies $search="property:text".
func (s *Store) matches(o *object, search string) bool {
	if search == "" {
		return true
	}
	property, text, _ := strings.Cut(strings.Trim(search, `"`), ":")
	value, _ := s.row(o)(property).(string)
	return strings.Contains(strings.ToLower(value), strings.ToLower(text))
}

func (s *Store) sort(found []*object, orderBy string) {
	property, direction, _ := strings.Cut(orderBy, " ")
	slices.SortStableFunc(found, func(a, b *object) int {
		left, _ := s.row(a)(property).(string)
		right, _ := s.row(b)(property).(string)
		order := cmp.Compare(strings.ToLower(left), strings.ToLower(right))
		if strings.EqualFold(strings.TrimSpace(direction), "desc") {
			return -order
		}
		return order
	})
}

// count answers GET /users/$count.
func (s *Store) count(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		if !c.Advanced() {
			return wire.BadRequest("Request_BadRequest", "$count is not currently supported.")
		}
		found, err := s.search(c, kind)
		if err != nil {
			return err
		}
		return c.Bytes("text/plain", strconv.AppendInt(nil, int64(len(found)), 10))
	}
}

// read answers GET of one object.
func (s *Store) read(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.RLock()
		defer s.mu.RUnlock()
		o, err := s.see(kind, c.Param(string(kind)))
		if err != nil {
			return err
		}
		context := c.Context(fragment(kind, c.Query.Select, true))
		return c.JSON(http.StatusOK, s.appendExpanded(nil, o, selection(kind, c.Query.Select), c, context))
	}
}

// appendExpanded adds the manager or the members (at most 20, as Graph does) that $expand asks for.
func (s *Store) appendExpanded(b []byte, o *object, names []string, c *wire.Call, context string) []byte {
	b = s.appendObject(b, o, names, false, context)
	if expand, wanted := c.Query.Expands("manager"); wanted && o.kind == User {
		if manager := s.managerOf(o); manager != nil {
			b = append(b[:len(b)-1], `,"manager":`...)
			b = append(s.appendObject(b, manager, selection(User, expand.Select), true, ""), '}')
		}
	}
	if expand, wanted := c.Query.Expands("members"); wanted && o.kind == Group {
		b = append(b[:len(b)-1], `,"members":[`...)
		members := s.membersOf(o)
		for i, id := range members[:min(len(members), 20)] {
			if i > 0 {
				b = append(b, ',')
			}
			b = s.appendMember(b, id, expand.Select)
		}
		b = append(b, ']', '}')
	}
	return b
}
