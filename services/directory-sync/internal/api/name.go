package api

import (
	"encoding/base64"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// connectionNamed reads connections/{connection}.
func connectionNamed(name string) (m365.ConnectionID, error) {
	id, ok := strings.CutPrefix(name, "connections/")
	if !ok || !bus.ValidToken(id) || strings.Contains(id, "/") {
		return "", badName(name, "connections/CONNECTION")
	}
	return m365.ConnectionID(id), nil
}

// childNamed reads connections/{connection}/{collection}/{id}.
func childNamed(name, collection string) (m365.ConnectionID, string, error) {
	parent, id, ok := strings.Cut(name, "/"+collection+"/")
	connection, err := connectionNamed(parent)
	if !ok || err != nil || id == "" {
		return "", "", badName(name, "connections/CONNECTION/"+collection+"/ID")
	}
	return connection, id, nil
}

// profileNamed reads profiles/{profile}.
func profileNamed(name string) (m365.ProfileID, error) {
	id, ok := strings.CutPrefix(name, "profiles/")
	if !ok || !bus.ValidToken(id) || strings.Contains(id, "/") {
		return "", badName(name, "profiles/PROFILE")
	}
	return m365.ProfileID(id), nil
}

func badName(name, form string) error {
	return fault.New(fault.Invalid, "read name", "\""+name+"\" is no resource name", fault.Reason("BAD_NAME"), fault.Next("write it as "+form))
}

// Page sizes of lists.
const (
	defaultPage = 100
	largestPage = 1000
)

func pageSize(asked int32) (int, error) {
	switch {
	case asked < 0:
		return 0, fault.New(fault.Invalid, "list", "page_size is negative", fault.Reason("BAD_PAGE_SIZE"))
	case asked == 0:
		return defaultPage, nil
	default:
		return min(int(asked), largestPage), nil
	}
}

func pageToken(after string) string { return base64.RawURLEncoding.EncodeToString([]byte(after)) }

func afterToken(token string) (string, error) {
	after, err := base64.RawURLEncoding.DecodeString(token)
	return string(after), fault.As(fault.Invalid, "list", err, fault.Reason("BAD_PAGE_TOKEN"), fault.Next("begin again without page_token"))
}
