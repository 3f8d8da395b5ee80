package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// mailAddress is a proxy address without its protocol, in lower case; other protocols have none.
func mailAddress(proxy any) string {
	text, _ := proxy.(string)
	address, ok := strings.CutPrefix(strings.ToLower(text), "smtp:")
	if !ok {
		return ""
	}
	return address
}

// holder is who has a mail address.
func (s *Store) holder(address string) *object {
	if o := s.proxies[address]; o != nil {
		return o
	}
	if o := s.addresses[address]; o != nil && o.props == nil {
		return o // a user that nobody has changed has the principal name as address
	}
	return nil
}

// taken tells whether somebody else who is there has a proxy address.
func (s *Store) taken(proxy any, self *object) bool {
	holder := s.holder(mailAddress(proxy))
	return holder != nil && holder != self && holder.removed == ""
}

// claim makes an object the holder of its addresses.
func (s *Store) claim(o *object) {
	list, _ := s.properties(o)["proxyAddresses"].([]any)
	for _, proxy := range list {
		if address := mailAddress(proxy); address != "" {
			s.proxies[address] = o
		}
	}
}

func (s *Store) unclaim(o *object) {
	list, _ := s.properties(o)["proxyAddresses"].([]any)
	for _, proxy := range list {
		if address := mailAddress(proxy); s.proxies[address] == o {
			delete(s.proxies, address)
		}
	}
}

// checkAddresses refuses addresses that somebody else has: of proxyAddresses, and mail, which
// becomes one. The documentation says that a clash is left out silently; it is not:
// https://github.com/microsoftgraph/microsoft-graph-docs-contrib/issues/8421
func (s *Store) checkAddresses(given map[string]any, self *object) error {
	list, _ := given["proxyAddresses"].([]any)
	if mail, _ := given["mail"].(string); mail != "" {
		list = append(slices.Clone(list), "SMTP:"+mail)
	}
	return s.duplicateAddress(list, self)
}

// duplicateAddress is the refusal for the first address of a list that somebody else has, if any.
func (s *Store) duplicateAddress(list []any, self *object) error {
	for _, proxy := range list {
		if s.taken(proxy, self) {
			refusal := duplicate("proxyAddresses")
			refusal.Details = fmt.Sprintf(`%s,{"code":"ConflictingObjects","message":"The following objects have the same value.","target":%q}]`,
				strings.TrimSuffix(refusal.Details, "]"), s.holder(mailAddress(proxy)).id)
			return refusal
		}
	}
	return nil
}

func duplicate(property string) *wire.Error {
	message := "Another object with the same value for property " + property + " already exists."
	refusal := wire.BadRequest("Request_BadRequest", message)
	refusal.Details = fmt.Sprintf(`[{"code":"ObjectConflict","message":%q,"target":%q}]`, message, property)
	return refusal
}

// address gives a new user with a mail address, or a new group of Microsoft 365, its proxy address.
func (s *Store) address(o *object) error {
	if proxies, _ := o.props["proxyAddresses"].([]any); o.kind == User && len(proxies) == 0 {
		if mail, _ := o.props["mail"].(string); mail != "" {
			o.props["proxyAddresses"] = []any{"SMTP:" + mail}
		}
		return nil
	}
	types, _ := o.props["groupTypes"].([]any)
	nickname, _ := o.props["mailNickname"].(string)
	if o.kind != Group || !slices.Contains(types, "Unified") {
		return nil
	}
	mail := nickname + "@" + s.config.Domain
	if s.taken("SMTP:"+mail, o) {
		return duplicate("mailNickname")
	}
	o.props["mail"], o.props["proxyAddresses"] = mail, []any{"SMTP:" + mail}
	return nil
}

// withMail adds the proxy addresses that follow from a new mail address: it becomes the primary
// one, the old primary one stays as another.
func (s *Store) withMail(o *object, changes map[string]any) map[string]any {
	mail, _ := changes["mail"].(string)
	if mail == "" || changes["proxyAddresses"] != nil {
		return changes
	}
	proxies := []any{"SMTP:" + mail}
	list, _ := s.properties(o)["proxyAddresses"].([]any)
	for _, proxy := range list {
		if address := mailAddress(proxy); address != "" && address != strings.ToLower(mail) {
			proxies = append(proxies, "smtp:"+address)
		}
	}
	changes["proxyAddresses"] = proxies
	return changes
}
