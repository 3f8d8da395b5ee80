package graph

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/published"
)

// Size is how big the tenant is, which decides what it may use. Zero means the smallest class.
type Size struct {
	Users    int // objects in the directory's user collection
	Licences int // with SharePoint
}

// SameLimits tells whether tenants of both sizes may use the same.
func (s Size) SameLimits(other Size) bool { return published.Size(s).Same(published.Size(other)) }

// prices knows the limits of one tenant.
type prices struct{ *published.Prices }

func pricesFor(size Size) prices { return prices{published.For(published.Size(size))} }

// of is what a request costs. Addresses outside Graph's host are pre-authenticated uploads and
// downloads: they count like the call that led to them unless the caller knows better.
func (p prices) of(r *http.Request, host string) ratelimit.Price {
	if own := callOf(r.Context()).price; own != nil {
		return *own
	}
	if r.URL.Host != host || callOf(r.Context()).anonymous {
		return p.Files(1)
	}
	price, _ := p.Of(r.Method, r.URL, r.ContentLength)
	return price
}

// Priced tells whether the table of prices knows a call to Graph. One that it does not know is paid for as the
// dearest; a batch is the price of its calls.
func Priced(method string, u *url.URL) bool {
	if strings.HasSuffix(u.Path, "/$batch") {
		return true
	}
	_, known := smallest.Of(method, u, 0)
	return known
}

// smallest are the prices of a tenant of any size where the size does not matter.
var smallest = published.For(published.Size{})

// MailboxPrice is what calls to one mailbox cost: how many requests at once, and how many bytes of
// bodies go up.
func MailboxPrice(user m365.UserID, requests, upload int64) ratelimit.Price {
	return smallest.Mailbox(string(user), requests, upload)
}

// segments are the parts of a path below the API version.
func segments(u *url.URL) []string {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if len(parts) > 0 && (parts[0] == "v1.0" || parts[0] == "beta") {
		parts = parts[1:]
	}
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	return parts
}
