package published

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Prices are those of a tenant.
type Prices struct{ limits map[Area][]Row }

// For returns what a tenant of the size pays. Keep it: it is worked out anew each time.
func For(size Size) *Prices {
	p := &Prices{map[Area][]Row{}}
	for _, row := range size.rows() {
		p.limits[row.Area] = append(p.limits[row.Area], row)
	}
	return p
}

// Of is what a call to Graph costs, given how many bytes its body has. A call that the table does not know is priced
// as the dearest of the directory's, and known is false.
func (p *Prices) Of(method string, u *url.URL, body int64) (price ratelimit.Price, known bool) {
	a := addressOf(method, u)
	for i := range Calls() {
		call := &Calls()[i]
		if owner, fits := call.pattern.fits(a); fits {
			return p.price(call, owner, a, body), true
		}
	}
	return p.charge(Directory, "", map[string]int64{"units": 5, "writes": 1}), false
}

func (p *Prices) price(call *Call, owner string, a address, body int64) ratelimit.Price {
	switch call.Area {
	case Mail:
		return p.Mailbox(owner, 1, uploaded(a, body))
	case Directory:
		return p.charge(Directory, "", map[string]int64{"units": adjusted(call, a), "writes": call.Units["writes"]})
	case Files:
		units := map[string]int64{"units": call.Units["units"], "sharing": call.Units["sharing"], "upload": uploaded(a, body)}
		return p.charge(Files, "", units)
	default:
		return p.charge(call.Area, owner, call.Units)
	}
}

// adjusted is the cost of a call to the directory with its options, from the same page as its limits: a read is
// cheaper with $select and with $top below 20, and dearer with $expand, but never free.
func adjusted(call *Call, a address) int64 {
	cost := call.Units["units"]
	if isWrite(a.method) && cost == 1 {
		return cost
	}
	if a.query.Has("$select") {
		cost--
	}
	if top, err := strconv.Atoi(a.query.Get("$top")); err == nil && top < 20 {
		cost--
	}
	if a.query.Has("$expand") {
		cost++
	}
	return max(cost, 1)
}

func uploaded(a address, body int64) int64 {
	if isWrite(a.method) && a.method != "DELETE" {
		return max(body, 0)
	}
	return 0
}

// Mailbox is what calls to one mailbox cost: how many requests at once, and how many bytes of bodies go up.
func (p *Prices) Mailbox(user string, requests, upload int64) ratelimit.Price {
	price := p.charge(Mail, user, map[string]int64{"requests": requests, "upload": upload})
	for _, row := range p.limits[Mail] {
		if row.Budget == "slots" {
			price.Slots, price.SlotsMax = min(requests, row.Units), row.Units
		}
	}
	return price
}

// Files is a call to SharePoint or OneDrive whose cost is known otherwise.
func (p *Prices) Files(units int64) ratelimit.Price {
	return p.charge(Files, "", map[string]int64{"units": units})
}

// charge takes costs from the budgets of an area.
func (p *Prices) charge(area Area, owner string, costs map[string]int64) ratelimit.Price {
	price := ratelimit.Price{Scope: scope(area, owner)}
	for _, row := range p.limits[area] {
		if row.Per == 0 {
			continue // slots
		}
		for cost, units := range costs {
			if units == 0 || !unitsOf(cost, row.Budget) {
				continue
			}
			charge := ratelimit.Charge{Budget: row.Budget, Limit: row.limit(), Units: min(units, row.limit().Ceiling()), Lease: row.Lease}
			if row.Each {
				charge.Budget += " " + owner
			}
			price.Charges = append(price.Charges, charge)
		}
	}
	return price
}

// scope of the ledger: a mailbox is one of its own, since its calls in flight are counted.
func scope(area Area, owner string) string {
	if area == Mail {
		return string(Mail) + "/" + owner
	}
	return string(area)
}

// AreaOf says to which area a scope of the ledger belongs, and to whom: the user whose mailbox it is.
func AreaOf(scope string) (area Area, owner string) {
	first, owner, _ := strings.Cut(scope, "/")
	return Area(first), owner
}
