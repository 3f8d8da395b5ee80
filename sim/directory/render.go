package directory

import (
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// What Graph returns of an object if nothing is selected, in its order.
var defaults = map[Kind][]string{
	User: {"businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation",
		"preferredLanguage", "surname", "userPrincipalName", "id"},
	Group: {"id", "createdDateTime", "description", "displayName", "groupTypes", "isAssignableToRole", "mail", "mailEnabled",
		"mailNickname", "membershipRule", "onPremisesSyncEnabled", "proxyAddresses", "securityEnabled", "visibility"},
}

// collections names the entity set of a kind.
var collections = map[Kind]string{User: "users", Group: "groups"}

// selection is which properties to show: those asked for, or the kind's own.
func selection(kind Kind, asked []string) []string {
	if len(asked) == 0 {
		return defaults[kind]
	}
	if slices.Contains(asked, "id") {
		return asked
	}
	return append([]string{"id"}, asked...)
}

// navigation properties are no part of an object unless expanded.
var navigation = []string{"manager", "members", "memberOf", "owners", "licenseDetails"}

func (s *Store) appendObject(b []byte, o *object, names []string, typed bool, context string) []byte {
	props := s.seen(o)
	b = append(b, '{')
	if context != "" {
		b = append(wire.AppendString(append(b, `"@odata.context":`...), context), ',')
	}
	if typed {
		b = append(b, `"@odata.type":"#microsoft.graph.`+string(o.kind)+`",`...)
	}
	for _, name := range names {
		if slices.Contains(navigation, name) {
			continue
		}
		b = append(wire.AppendString(b, name), ':')
		b = append(wire.AppendValue(b, props[name]), ',')
	}
	b[len(b)-1] = '}' // there is always an id
	return b
}

// row lets a filter read an object.
func (s *Store) row(o *object) wire.Row {
	props := s.seen(o)
	return func(path string) any {
		if strings.EqualFold(path, "assignedLicenses/$count") {
			list, _ := props["assignedLicenses"].([]any)
			return len(list)
		}
		for name, value := range props {
			if strings.EqualFold(name, path) {
				return value
			}
		}
		return nil
	}
}

func fragment(kind Kind, asked []string, single bool) string {
	text := collections[kind]
	if len(asked) > 0 {
		text += "(" + strings.Join(asked, ",") + ")"
	}
	if single {
		text += "/$entity"
	}
	return text
}
