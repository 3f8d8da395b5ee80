package graph

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Scopes of the ledger. A mailbox is a scope of its own.
const (
	scopeDirectory = "directory"
	scopeFiles     = "files"
	scopeMailbox   = "mail/" // and the user's id
)

// Size is how big the tenant is, which decides what it may use. Zero means the smallest class.
type Size struct {
	Users    int // objects in the directory's user collection
	Licences int // with SharePoint
}

// SameLimits tells whether tenants of both sizes may use the same.
func (s Size) SameLimits(other Size) bool { return pricesFor(s) == pricesFor(other) }

// Limits of Exchange, per application and mailbox.
// https://learn.microsoft.com/en-us/graph/throttling-limits#outlook-service-limits
var (
	mailboxRequests = ratelimit.Limit{Units: 10_000, Per: 10 * time.Minute}
	mailboxUpload   = ratelimit.Limit{Units: 150 << 20, Per: 5 * time.Minute}
)

const (
	mailboxSlots = 4
	mailboxLease = 20 // units taken at once: a fifth of a second of the fastest mailbox
)

// directoryClasses are the token buckets of the identity service per application and tenant.
// https://learn.microsoft.com/en-us/graph/throttling-limits#identity-and-access-service-limits
var directoryClasses = []struct {
	users int // up to, exclusive; 0: no end
	units ratelimit.Limit
}{
	{50, ratelimit.Limit{Units: 3_500, Per: 10 * time.Second, Burst: 3_500}},
	{501, ratelimit.Limit{Units: 5_000, Per: 10 * time.Second, Burst: 5_000}},
	{0, ratelimit.Limit{Units: 8_000, Per: 10 * time.Second, Burst: 8_000}},
}

var directoryWrites = ratelimit.Limit{Units: 3_000, Per: 150 * time.Second, Burst: 3_000}

// filesClasses are the resource units of SharePoint and OneDrive per application and tenant.
// https://learn.microsoft.com/en-us/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
var filesClasses = []struct {
	licences  int // up to, inclusive; 0: no end
	perMinute int64
	perDay    int64
}{
	{1_000, 1_250, 1_200_000},
	{5_000, 2_500, 2_400_000},
	{15_000, 3_750, 3_600_000},
	{50_000, 5_000, 4_800_000},
	{0, 6_250, 6_000_000},
}

// directoryCosts are resource units of reads; everything else costs 1. The last words of the path decide.
// Same source as directoryClasses.
var directoryCosts = []struct {
	suffix string // words of the path, without ids
	units  int64
}{
	{"groups/members", 3},
	{"subscribedSkus", 3},
	{"contracts", 3},
	{"domainNameReferences", 4},
	{"transitiveMembers", 5},
	{"getByIds", 5},
	{"users", 2},
	{"users/delta", 2},
	{"applications", 2},
	{"oauth2PermissionGrants", 2},
	{"memberOf", 2},
	{"licenseDetails", 2},
	{"servicePrincipals/appRoleAssignments", 2},
}

// mailboxWords follow a user's id where Exchange answers.
var mailboxWords = map[string]bool{
	"messages": true, "mailFolders": true, "calendar": true, "calendars": true, "calendarView": true, "events": true,
	"contacts": true, "contactFolders": true, "inferenceClassification": true, "mailboxSettings": true, "outlook": true,
	"translateExchangeIds": true, "sendMail": true,
}

// prices knows the limits of one tenant.
type prices struct {
	directory ratelimit.Limit
	minute    ratelimit.Limit
	day       ratelimit.Limit
}

func pricesFor(size Size) prices {
	var p prices
	for _, class := range directoryClasses {
		if p.directory = class.units; class.users == 0 || size.Users < class.users {
			break
		}
	}
	for _, class := range filesClasses {
		p.minute = ratelimit.Limit{Units: class.perMinute, Per: time.Minute}
		p.day = ratelimit.Limit{Units: class.perDay, Per: 24 * time.Hour}
		if class.licences == 0 || size.Licences <= class.licences {
			break
		}
	}
	return p
}

// of is what a request costs. Addresses outside Graph's host are pre-authenticated uploads and
// downloads: they count like the call that led to them unless the caller knows better.
func (p prices) of(r *http.Request, host string) ratelimit.Price {
	if own := callOf(r.Context()).price; own != nil {
		return *own
	}
	path := segments(r.URL)
	switch {
	case r.URL.Host != host || callOf(r.Context()).anonymous:
		return p.files(1)
	case len(path) > 2 && path[0] == "users" && mailboxWords[strings.TrimSuffix(path[2], "()")]:
		return MailboxPrice(m365.UserID(path[1]), 1, uploadOf(r))
	case isFiles(path):
		return p.files(filesCost(r.Method, r.URL))
	default:
		return p.directoryPrice(r.Method, r.URL)
	}
}

// MailboxPrice is what calls to one mailbox cost: how many requests at once, and how many bytes of
// bodies go up.
func MailboxPrice(user m365.UserID, requests, upload int64) ratelimit.Price {
	price := ratelimit.Price{
		Scope:    scopeMailbox + string(user),
		Charges:  []ratelimit.Charge{{Budget: "requests", Limit: mailboxRequests, Units: requests, Lease: mailboxLease}},
		Slots:    min(requests, mailboxSlots),
		SlotsMax: mailboxSlots,
	}
	if upload > 0 {
		price.Charges = append(price.Charges, ratelimit.Charge{Budget: "upload", Limit: mailboxUpload, Units: min(upload, mailboxUpload.Units)})
	}
	return price
}

func (p prices) files(units int64) ratelimit.Price {
	return ratelimit.Price{Scope: scopeFiles, Charges: []ratelimit.Charge{
		{Budget: "units per minute", Limit: p.minute, Units: units, Lease: 20},
		{Budget: "units per day", Limit: p.day, Units: units, Lease: 200},
	}}
}

func (p prices) directoryPrice(method string, u *url.URL) ratelimit.Price {
	price := ratelimit.Price{Scope: scopeDirectory, Charges: []ratelimit.Charge{
		{Budget: "units", Limit: p.directory, Units: directoryCost(method, u), Lease: 20},
	}}
	if isWrite(method) {
		price.Charges = append(price.Charges, ratelimit.Charge{Budget: "writes", Limit: directoryWrites, Units: 1, Lease: 10})
	}
	return price
}

func directoryCost(method string, u *url.URL) int64 {
	cost, query, path := int64(1), u.Query(), strings.TrimSuffix(strings.Join(words(u), "/"), "()")
	if isWrite(method) && !strings.HasSuffix(path, "getByIds") {
		return 1
	}
	all := segments(u)
	for _, row := range directoryCosts {
		if isWord(all[len(all)-1]) && (path == row.suffix || strings.HasSuffix(path, "/"+row.suffix)) {
			cost = row.units
		}
	}
	if query.Has("$select") {
		cost--
	}
	if top, err := strconv.Atoi(query.Get("$top")); err == nil && top < 20 {
		cost--
	}
	if query.Has("$expand") {
		cost++
	}
	return max(cost, 1)
}

// filesCost is in SharePoint's resource units; same source as filesClasses.
func filesCost(method string, u *url.URL) int64 {
	path, query := u.Path, u.Query()
	last := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case strings.Contains(path, "/permissions"), strings.Contains(query.Get("$expand"), "permissions"),
		last == "invite", last == "createLink":
		return 5
	case isWrite(method):
		return 2
	case strings.HasPrefix(last, "delta"):
		if query.Has("token") || query.Has("$deltatoken") || strings.Contains(last, "token=") {
			return 1
		}
		return 2
	case last == "children", last == "versions", last == "items", last == "drives", last == "lists", strings.HasPrefix(last, "search"):
		return 2
	default:
		return 1
	}
}

func isFiles(path []string) bool {
	if len(path) == 0 {
		return false
	}
	switch path[0] {
	case "drives", "sites", "shares":
		return true
	default:
		return len(path) > 2 && (path[0] == "users" || path[0] == "groups") && (path[2] == "drive" || path[2] == "drives" || path[2] == "sites")
	}
}

func isWrite(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != ""
}

func uploadOf(r *http.Request) int64 {
	if isWrite(r.Method) && r.Method != http.MethodDelete {
		return max(r.ContentLength, 0)
	}
	return 0
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
