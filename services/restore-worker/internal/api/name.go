package api

import (
	"fmt"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// name is a parsed resource name: connections/c[/resources/r[/snapshots/s]] or
// connections/c/restores/r. What it does not go down to is empty.
type name struct {
	connection m365.ConnectionID
	resource   m365.ResourceID
	snapshot   string
	restore    string
}

// parseName accepts a name of the given form, in which each {} is an id.
func parseName(text, form string) (name, error) {
	var n name
	parts, want := strings.Split(text, "/"), strings.Split(form, "/")
	if len(parts) != len(want) {
		return n, badName(text, form)
	}
	for i, part := range parts {
		if part == "" || (want[i] != "{}" && want[i] != part) {
			return n, badName(text, form)
		}
		if want[i] != "{}" {
			continue
		}
		switch want[i-1] {
		case "connections":
			n.connection = m365.ConnectionID(part)
		case "resources":
			n.resource = m365.ResourceID(part)
		case "snapshots":
			n.snapshot = part
		case "restores":
			n.restore = part
		}
	}
	return n, nil
}

const (
	connectionForm = "connections/{}"
	resourceForm   = "connections/{}/resources/{}"
	snapshotForm   = "connections/{}/resources/{}/snapshots/{}"
	restoreForm    = "connections/{}/restores/{}"
)

func badName(text, form string) error {
	return fault.New(fault.Invalid, "read name", fmt.Sprintf("%q is not of the form %s", text, form), fault.Reason("BAD_NAME"),
		fault.Next("use a name as a list shows it"))
}

// pageSize applies what every list promises.
func pageSize(asked int32, most int) (int, error) {
	const standard = 100
	switch {
	case asked < 0:
		return 0, fault.New(fault.Invalid, "read request", "the page size is negative", fault.Next("leave it out for the standard size"))
	case asked == 0:
		return standard, nil
	default:
		return min(int(asked), most), nil
	}
}

// pager cuts lists that are in memory. Its token is the number of what was shown already.
func pager[T any](all []T, size int, token string) (page []T, next string, err error) {
	offset := 0
	if token != "" {
		if _, err := fmt.Sscanf(token, "%d", &offset); err != nil || offset < 0 || offset > len(all) {
			return nil, "", fault.New(fault.Invalid, "read request", "the page token is not one that this service gave", fault.Next("begin again without a page token"))
		}
	}
	page = all[offset:min(offset+size, len(all))]
	if offset+len(page) < len(all) {
		next = fmt.Sprint(offset + len(page))
	}
	return page, next, nil
}
