package directory

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// What a new object cannot do without.
var required = map[Kind][]string{
	User:  {"accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"},
	Group: {"displayName", "mailEnabled", "mailNickname", "securityEnabled"},
}

// resourceNames are the kinds as error messages spell them.
var resourceNames = map[Kind]string{User: "User", Group: "Group"}

// initial values of what the caller leaves out.
func initial(kind Kind) map[string]any {
	if kind == Group {
		return map[string]any{"groupTypes": []any{}, "proxyAddresses": []any{}, "description": nil, "mail": nil, "visibility": nil}
	}
	return map[string]any{"businessPhones": []any{}, "otherMails": []any{}, "proxyAddresses": []any{}, "assignedLicenses": []any{},
		"userType": "Member", "mail": nil, "givenName": nil, "surname": nil, "jobTitle": nil, "department": nil}
}

// create answers POST /users and POST /groups.
func (s *Store) create(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		given := map[string]any{}
		if err := c.Decode(&given); err != nil {
			return err
		}
		for _, name := range required[kind] {
			if given[name] == nil {
				return wire.BadRequest("Request_BadRequest", "A value is required for property '"+name+"' of resource '"+resourceNames[kind]+"'.")
			}
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		o, err := s.make(kind, given, c)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusCreated, s.appendObject(nil, o, defaults[kind], false, c.Context(fragment(kind, nil, true))))
	}
}

func (s *Store) make(kind Kind, given map[string]any, c *wire.Call) (*object, error) {
	bound, _ := given["members@odata.bind"].([]any)
	if err := s.checkWritable(kind, given, nil); err != nil {
		return nil, err
	}
	source := seed.New(s.config.Seed, seed.Text("created"), s.advance())
	o := &object{id: source.GUID(), kind: kind, index: -1, props: initial(kind), joined: map[string]uint64{}, touched: map[string]uint64{}}
	o.props["createdDateTime"], o.born = c.Now, c.Now
	for name, value := range given {
		o.props[name] = value
	}
	o.props["id"] = o.id
	if err := s.address(o); err != nil {
		return nil, err
	}
	if err := s.bindMembers(o, bound); err != nil {
		return nil, err
	}
	s.index(o)
	s.kinds[kind].add(o, s.advance())
	s.tell(o, event.Created)
	return o, nil
}

// index keeps principal names findable, and drops secrets from what is shown.
func (s *Store) index(o *object) {
	delete(o.props, "passwordProfile")
	delete(o.props, "members@odata.bind")
	delete(o.props, "owners@odata.bind")
	if name, _ := o.props["userPrincipalName"].(string); o.kind == User {
		s.addresses[strings.ToLower(name)] = o
	}
	s.claim(o)
}

// countryCode is what usageLocation takes.
var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// checkWritable refuses values that Entra refuses.
func (s *Store) checkWritable(kind Kind, given map[string]any, self *object) error {
	if location, ok := given["usageLocation"].(string); ok && !countryCode.MatchString(location) {
		return wire.BadRequest("Request_BadRequest", "Invalid value specified for property 'usageLocation' of resource 'User'.")
	}
	for _, name := range []string{"id", "createdDateTime", "assignedLicenses"} {
		if _, ok := given[name]; ok {
			return wire.BadRequest("Request_BadRequest", "Property '"+name+"' is read-only and cannot be set.")
		}
	}
	if err := s.checkAddresses(given, self); err != nil {
		return err
	}
	name, ok := given["userPrincipalName"].(string)
	if kind != User || !ok {
		return nil
	}
	if _, host, _ := strings.Cut(name, "@"); !s.isVerified(host) {
		return wire.BadRequest("Request_BadRequest", "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.")
	}
	if holder := s.addresses[strings.ToLower(name)]; holder != nil && holder != self && holder.removed == "" {
		return duplicate("userPrincipalName")
	}
	return nil
}

// update answers PATCH of one object.
func (s *Store) update(kind Kind) func(*wire.Call) error {
	return func(c *wire.Call) error {
		changes := map[string]any{}
		if err := c.Decode(&changes); err != nil {
			return err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		o, err := s.get(kind, c.Param(string(kind)))
		if err != nil {
			return err
		}
		if synced, _ := s.properties(o)["onPremisesSyncEnabled"].(bool); kind == User && (synced || c.Quirk("synced-users")) {
			return wire.BadRequest("Request_BadRequest", "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.")
		}
		bound, _ := changes["members@odata.bind"].([]any)
		delete(changes, "members@odata.bind")
		if err := s.checkWritable(kind, changes, o); err != nil {
			return err
		}
		if err := s.bindMembers(o, bound); err != nil {
			return err
		}
		s.change(o, changes)
		return c.NoContent()
	}
}

func (s *Store) change(o *object, changes map[string]any) {
	if len(changes) == 0 {
		return
	}
	if old, _ := s.properties(o)["userPrincipalName"].(string); changes["userPrincipalName"] != nil && s.addresses[strings.ToLower(old)] == o {
		delete(s.addresses, strings.ToLower(old))
	}
	s.unclaim(o)
	s.set(o, s.withMail(o, changes))
	s.index(o)
}
