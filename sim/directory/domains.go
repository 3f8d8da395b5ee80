package directory

import (
	"net/http"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// domain is one that the organisation has, or has only added so far.
type domain struct {
	id                string
	verified, initial bool
}

func (s *Store) isVerified(host string) bool {
	at := s.domainAt(host)
	return at >= 0 && s.domains[at].verified
}

func (s *Store) domainAt(host string) int {
	for i, d := range s.domains {
		if strings.EqualFold(d.id, host) {
			return i
		}
	}
	return -1
}

// neverExpires is a validity of passwords.
const neverExpires = 2147483647

func (d domain) properties() map[string]any {
	return map[string]any{
		"id": d.id, "authenticationType": "Managed", "isAdminManaged": true, "isDefault": d.initial, "isInitial": d.initial,
		"isRoot": true, "isVerified": d.verified, "supportedServices": []any{"Email", "OfficeCommunicationsOnline"},
		"passwordNotificationWindowInDays": 14, "passwordValidityPeriodInDays": neverExpires,
	}
}

// listDomains answers GET /domains.
func (s *Store) listDomains(c *wire.Call) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	page := c.NewPage("domains", -1)
	for _, d := range s.domains {
		page.Item()
		page.Bytes = wire.AppendValue(page.Bytes, d.properties())
	}
	return page.Send()
}

// addDomain answers POST /domains: users can have it once it is verified.
func (s *Store) addDomain(c *wire.Call) error {
	var given struct {
		ID string `json:"id"`
	}
	if err := c.Decode(&given); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !strings.Contains(given.ID, "."):
		return wire.BadRequest("Request_BadRequest", "One or more properties contains invalid values.")
	case s.domainAt(given.ID) >= 0:
		return wire.BadRequest("Request_BadRequest", "Domain already exists.")
	}
	s.domains = append(s.domains, domain{id: strings.ToLower(given.ID)})
	return s.sendDomain(c, http.StatusCreated, len(s.domains)-1)
}

func (s *Store) sendDomain(c *wire.Call, status, at int) error {
	return c.JSON(status, withContext(c.Context("domains/$entity"), s.domains[at].properties()))
}

func withContext(context string, properties map[string]any) []byte {
	properties["@odata.context"] = context
	return wire.AppendValue(nil, properties)
}

// onDomain finds the domain that a call names.
func (s *Store) onDomain(use func(c *wire.Call, at int) error) func(*wire.Call) error {
	return func(c *wire.Call) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		at := s.domainAt(c.Param("domain"))
		if at < 0 {
			return notFound(c.Param("domain"))
		}
		return use(c, at)
	}
}

func (s *Store) readDomain(c *wire.Call, at int) error { return s.sendDomain(c, http.StatusOK, at) }

// verifyDomain answers POST /domains/{domain}/verify: whoever asks is believed.
func (s *Store) verifyDomain(c *wire.Call, at int) error {
	s.domains[at].verified = true
	return s.sendDomain(c, http.StatusOK, at)
}

// verificationRecords answers GET /domains/{domain}/verificationDnsRecords.
func (s *Store) verificationRecords(c *wire.Call, at int) error {
	source := seed.New(s.config.Seed, seed.Text("domain"), seed.Text(s.domains[at].id))
	page := c.NewPage("domains('"+s.domains[at].id+"')/verificationDnsRecords", -1)
	page.Item()
	page.Bytes = wire.AppendValue(page.Bytes, map[string]any{
		"@odata.type": "#microsoft.graph.domainDnsTxtRecord", "id": source.GUID(), "isOptional": false, "label": s.domains[at].id,
		"recordType": "Txt", "supportedService": "Email", "ttl": 3600, "text": "MS=ms" + source.GUID()[:8],
	})
	return page.Send()
}

// removeDomain answers DELETE /domains/{domain}. The first one stays.
func (s *Store) removeDomain(c *wire.Call, at int) error {
	if s.domains[at].initial {
		return wire.BadRequest("Request_BadRequest", "The initial domain cannot be deleted.")
	}
	s.domains = append(s.domains[:at:at], s.domains[at+1:]...)
	return c.NoContent()
}
