package drive

import (
	"net/http"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// permissions answers GET .../permissions.
func (s *Store) permissions(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	i, err := d.locate(c)
	if err != nil {
		return err
	}
	page := c.NewPage("Collection(permission)", -1)
	page.Bytes = d.appendRights(page.Bytes, i, func(b []byte) []byte {
		page.Bytes = b
		page.Item()
		return page.Bytes
	})
	return page.Send()
}

// onItem holds the item that a call names, for changing who may use it.
func (s *Store) onItem(c *wire.Call, change func(*drive, *item) error) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	i, err := d.locate(c)
	switch {
	case err != nil:
		return err
	case c.Quirk("sharing-disabled"):
		return &wire.Error{Status: http.StatusForbidden, Code: "accessDenied", Inner: "sharingDisabled", Message: "Sharing has been disabled by your administrator."}
	}
	return change(d, i)
}

// onRight finds the permission that a call names. What is inherited can be changed only where it
// comes from.
func (s *Store) onRight(c *wire.Call, use func(*drive, *item, *right) error) error {
	return s.onItem(c, func(d *drive, i *item) error {
		for _, r := range i.rights {
			if r.id == c.Param("permission") {
				return use(d, i, r)
			}
		}
		inherited := c.Param("permission") == d.store.secret(d.id)
		i.everything(func(_ *item, r *right) { inherited = inherited || r.id == c.Param("permission") })
		if inherited {
			return wire.BadRequest("invalidRequest", "Inherited permissions cannot be changed here.")
		}
		return itemNotFound()
	})
}

// readRight answers GET .../permissions/{permission}.
func (s *Store) readRight(c *wire.Call) error {
	d, err := s.open(c)
	if err != nil {
		return err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	i, err := d.locate(c)
	if err != nil {
		return err
	}
	var found []byte
	if c.Param("permission") == d.store.secret(d.id) {
		found = d.appendOwnerRight(nil, i)
	}
	i.everything(func(at *item, r *right) {
		if r.id == c.Param("permission") {
			found = d.appendRight(nil, i, at, r)
		}
	})
	if found == nil {
		return itemNotFound()
	}
	return sendRight(c, http.StatusOK, found)
}

func sendRight(c *wire.Call, status int, body []byte) error {
	b := wire.AppendString([]byte(`{"@odata.context":`), c.Context("permission"))
	return c.JSON(status, append(append(b, ','), body[1:]...))
}

// updateRight answers PATCH .../permissions/{permission}: another role.
func (s *Store) updateRight(c *wire.Call) error {
	var given struct {
		Roles []string `json:"roles"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	return s.onRight(c, func(d *drive, i *item, r *right) error {
		role, err := roleOf(given.Roles)
		if err != nil {
			return err
		}
		r.role = role
		d.shared(i, c.Now)
		return sendRight(c, http.StatusOK, d.appendRight(nil, i, i, r))
	})
}

// deleteRight answers DELETE .../permissions/{permission}.
func (s *Store) deleteRight(c *wire.Call) error {
	return s.onRight(c, func(d *drive, i *item, r *right) error {
		i.rights = slices.DeleteFunc(i.rights, func(other *right) bool { return other == r })
		d.shared(i, c.Now)
		return c.NoContent()
	})
}

func roleOf(roles []string) (string, error) {
	if len(roles) != 1 || roles[0] != "read" && roles[0] != "write" {
		return "", wire.BadRequest("invalidRequest", "One role is expected: read or write.")
	}
	return roles[0], nil
}

// recipient is how a client names somebody.
type recipient struct {
	ID    string `json:"objectId"`
	Email string `json:"email"`
}

// resolve finds the recipients; somebody who is not in the directory is refused.
func (s *Store) resolve(recipients []recipient) ([]holder, error) {
	var found []holder
	for _, r := range recipients {
		id := r.ID
		if id == "" {
			id = r.Email
		}
		if person, ok := s.config.Directory.Person(id); ok {
			found = append(found, holder{"user", person.ID, person.Name, person.Address})
			continue
		}
		name, ok := s.config.Directory.GroupName(id)
		if !ok {
			return nil, &wire.Error{Status: http.StatusBadRequest, Code: "invalidRequest", Inner: "noResolvedUsers", Message: "No users could be resolved."}
		}
		found = append(found, holder{"group", id, name, ""})
	}
	return found, nil
}

// createLink answers POST .../createLink: 201, or 200 if the item has such a link.
// https://learn.microsoft.com/graph/api/driveitem-createlink
func (s *Store) createLink(c *wire.Call) error {
	var given struct {
		Kind       string      `json:"type"`
		Scope      string      `json:"scope"`
		Password   string      `json:"password"`
		Expires    time.Time   `json:"expirationDateTime"`
		Recipients []recipient `json:"recipients"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	if given.Scope == "" {
		given.Scope = "organization" // what a tenant chooses, if it is careful
	}
	role, known := map[string]string{"view": "read", "edit": "write"}[given.Kind]
	if !known || !slices.Contains([]string{"anonymous", "organization", "users"}, given.Scope) {
		return wire.BadRequest("invalidRequest", "The link's type is view or edit, its scope anonymous, organization or users.")
	}
	holders, err := s.resolve(given.Recipients)
	if err != nil {
		return err
	}
	return s.onItem(c, func(d *drive, i *item) error {
		for _, r := range i.rights {
			if r.link != nil && r.link.kind == given.Kind && r.link.scope == given.Scope && given.Scope != "users" {
				return sendRight(c, http.StatusOK, d.appendRight(nil, i, i, r))
			}
		}
		r := d.grant(i, &right{role: role, link: &link{kind: given.Kind, scope: given.Scope}, granted: holders,
			expires: given.Expires, password: given.Password != ""}, c.Now)
		return sendRight(c, http.StatusCreated, d.appendRight(nil, i, i, r))
	})
}

// invite answers POST .../invite. Who has a role already gets the other one.
// https://learn.microsoft.com/graph/api/driveitem-invite
func (s *Store) invite(c *wire.Call) error {
	var given struct {
		Recipients []recipient `json:"recipients"`
		Roles      []string    `json:"roles"`
		Expires    time.Time   `json:"expirationDateTime"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	role, err := roleOf(given.Roles)
	if err != nil {
		return err
	}
	holders, err := s.resolve(given.Recipients)
	if err == nil && len(holders) == 0 {
		err = wire.BadRequest("invalidRequest", "At least one recipient is expected.")
	}
	if err != nil {
		return err
	}
	return s.onItem(c, func(d *drive, i *item) error {
		page := c.NewPage("Collection(permission)", -1)
		for _, h := range holders {
			r := d.give(i, h, role, c.Now)
			r.expires = given.Expires
			page.Item()
			page.Bytes = d.appendRight(page.Bytes, i, i, r)
		}
		return page.Send()
	})
}

// give lets somebody have a role on an item.
func (d *drive) give(i *item, h holder, role string, now time.Time) *right {
	for _, r := range i.rights {
		if r.link == nil && r.granted[0].id == h.id {
			r.role = role
			d.shared(i, now)
			return r
		}
	}
	return d.grant(i, &right{role: role, granted: []holder{h}}, now)
}
