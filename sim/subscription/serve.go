package subscription

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/event"
	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// given is a subscription as a client writes it.
type given struct {
	ChangeType   string    `json:"changeType"`
	Address      string    `json:"notificationUrl"`
	Lifecycle    string    `json:"lifecycleNotificationUrl"`
	Resource     string    `json:"resource"`
	Expires      time.Time `json:"expirationDateTime"`
	State        string    `json:"clientState"`
	ResourceData bool      `json:"includeResourceData"`
}

// Most subscriptions: https://learn.microsoft.com/graph/change-notifications-overview and
// https://learn.microsoft.com/graph/api/resources/subscription
const (
	mostOfMailbox = 1000
	mostOfGroups  = 100 // per application
	longestState  = 128
)

// create answers POST /subscriptions.
func (s *Store) create(c *wire.Call) error {
	var g given
	if err := c.Decode(&g); err != nil {
		return err
	}
	t, err := s.check(c, &g)
	if err != nil {
		return err
	}
	for _, address := range slices.Compact([]string{g.Address, g.Lifecycle}) {
		if err := s.validate(c.Request.Context(), address); err != nil {
			return err
		}
	}
	one := &subscription{app: c.App, changeType: g.ChangeType, resource: g.Resource, address: g.Address, lifecycle: g.Lifecycle, state: g.State,
		expires: g.Expires, target: t, immutable: c.Prefer.ImmutableID, security: c.Prefer.Names["includesecuritywebhooks"]}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(one); err != nil {
		return err
	}
	s.count++
	source := seed.New(s.Seed, seed.Text("subscription"), s.count)
	one.id = source.GUID()
	s.byID[one.id] = one
	s.order = append(s.order, one.id)
	return one.answer(c, http.StatusCreated)
}

// check refuses what cannot be subscribed to.
func (s *Store) check(c *wire.Call, g *given) (target, error) {
	t, err := s.aim(g.Resource)
	if err != nil {
		return t, err
	}
	types := strings.Split(strings.ReplaceAll(g.ChangeType, " ", ""), ",")
	for _, one := range types {
		if !slices.Contains([]event.Type{event.Created, event.Updated, event.Deleted}, event.Type(one)) || t.kind == event.Drive && event.Type(one) != event.Updated {
			return t, wire.BadRequest("InvalidRequest", "The changeType '"+g.ChangeType+"' is not supported for the resource.")
		}
	}
	switch {
	case !slices.ContainsFunc(roles[t.kind], func(role string) bool { return slices.Contains(c.Roles, role) }):
		return t, &wire.Error{Status: http.StatusForbidden, Code: "ExtensionError", Message: "Operation: Create; Exception: [Status Code: Forbidden; Reason: Access is denied.]"}
	case !strings.HasPrefix(g.Address, "http") || g.Lifecycle != "" && !strings.HasPrefix(g.Lifecycle, "http"):
		return t, wire.BadRequest("InvalidRequest", "notificationUrl has to be an address.")
	case len(g.State) > longestState:
		return t, wire.BadRequest("InvalidRequest", "clientState has at most 128 characters.")
	case g.ResourceData:
		return t, wire.BadRequest("InvalidRequest", "Resource data is not simulated.")
	}
	return t, s.settle(g, t.kind)
}

// settle checks when a subscription ends.
func (s *Store) settle(g *given, kind event.Kind) error {
	now := s.Now()
	switch life := g.Expires.Sub(now); {
	case g.Expires.IsZero() || life <= 0:
		return wire.BadRequest("InvalidRequest", "Subscription expiration date must be greater than current time.")
	case life > longest[kind]:
		return wire.BadRequest("InvalidRequest", "Subscription expiration can only be "+minutes(longest[kind])+" minutes in the future.")
	case life < shortest:
		g.Expires = now.Add(shortest)
	}
	g.Expires = g.Expires.UTC()
	return nil
}

// room refuses a subscription that is there already, or one too many.
func (s *Store) room(wanted *subscription) error {
	s.expire()
	most, alike := mostOfMailbox, 0
	if wanted.target.kind == event.Group {
		most = mostOfGroups
	}
	for _, one := range s.byID {
		if one.app == wanted.app && one.changeType == wanted.changeType && strings.EqualFold(one.resource, wanted.resource) {
			return wire.Conflict("Conflict", "Subscription Id "+one.id+" already exists for the requested combination")
		}
		same := one.target.kind == wanted.target.kind && one.app == wanted.app
		if same && (wanted.target.kind == event.Group || one.target.owner == wanted.target.owner) {
			alike++
		}
	}
	if alike >= most && (wanted.target.kind == event.Group || wanted.target.kind == event.Message) {
		return &wire.Error{Status: http.StatusForbidden, Code: "ExtensionError",
			Message: "Operation: Create; Exception: [Status Code: Forbidden; Reason: Number of subscriptions has exceeded the limit.]"}
	}
	return nil
}

// on finds the subscription that a call names, with the store locked.
func (s *Store) on(c *wire.Call, use func(*subscription) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.live(c.Param("subscription"), c.App)
	if one == nil {
		return wire.NotFound("ResourceNotFound", "The object was not found.")
	}
	return use(one)
}

func (s *Store) read(c *wire.Call) error {
	return s.on(c, func(one *subscription) error { return one.answer(c, http.StatusOK) })
}

// list answers GET /subscriptions: those of the caller.
func (s *Store) list(c *wire.Call) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	page := c.NewPage("subscriptions", -1)
	for _, id := range s.order {
		if one := s.byID[id]; one.app == c.App {
			page.Item()
			page.Bytes = wire.AppendValue(page.Bytes, one.properties())
		}
	}
	return page.Send()
}

// renew answers PATCH /subscriptions/{subscription}: a later end, or another address. With the quirk
// renewal-redirected it answers 308 first.
func (s *Store) renew(c *wire.Call) error {
	if c.Quirk("renewal-redirected") && !c.Query.Raw.Has("redirected") {
		c.Writer.Header().Set("Location", c.Self()+"?redirected=1")
		c.Writer.WriteHeader(http.StatusPermanentRedirect)
		return nil
	}
	var g given
	if err := c.Decode(&g); err != nil {
		return err
	}
	if g.Address != "" {
		if err := s.validate(c.Request.Context(), g.Address); err != nil {
			return err
		}
	}
	return s.on(c, func(one *subscription) error {
		if !g.Expires.IsZero() {
			if err := s.settle(&g, one.target.kind); err != nil {
				return err
			}
			one.expires, one.paused = g.Expires, false
		}
		if g.Address != "" {
			one.address = g.Address
		}
		return one.answer(c, http.StatusOK)
	})
}

func (s *Store) remove(c *wire.Call) error {
	return s.on(c, func(one *subscription) error {
		s.forget(one.id)
		return c.NoContent()
	})
}

// reauthorize answers POST /subscriptions/{subscription}/reauthorize.
func (s *Store) reauthorize(c *wire.Call) error {
	return s.on(c, func(one *subscription) error {
		one.paused = false
		return c.NoContent()
	})
}

func (s *subscription) answer(c *wire.Call, status int) error {
	properties := s.properties()
	properties["@odata.context"] = c.Context("subscriptions/$entity")
	return c.JSON(status, wire.AppendValue(nil, properties))
}

func (s *subscription) properties() map[string]any {
	optional := func(text string) any {
		if text == "" {
			return nil
		}
		return text
	}
	return map[string]any{
		"id": s.id, "applicationId": s.app, "creatorId": s.app, "changeType": s.changeType, "resource": s.resource,
		"notificationUrl": s.address, "lifecycleNotificationUrl": optional(s.lifecycle), "clientState": optional(s.state),
		"expirationDateTime": s.expires, "includeResourceData": nil, "latestSupportedTlsVersion": "v1_2",
		"encryptionCertificate": nil, "encryptionCertificateId": nil, "notificationQueryOptions": nil, "notificationUrlAppId": nil,
	}
}

func minutes(d time.Duration) string {
	text, _ := json.Marshal(int(d.Minutes())) // a number
	return string(text)
}
