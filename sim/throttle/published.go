package throttle

import (
	"math"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Scope says whose requests a limit adds up.
type Scope string

// Scopes that are published.
const (
	Application       Scope = "Application"        // of an application in all tenants
	TenantApplication Scope = "Tenant_Application" // of an application in a tenant
	Tenant            Scope = "Tenant"             // of all applications in a tenant
	Mailbox           Scope = "Mailbox"            // of an application in a mailbox
)

// Measure says what of a request counts.
type Measure string

// Measures that are published.
const (
	Requests   Measure = "requests"
	Units      Measure = "units"
	Writes     Measure = "writes"     // POST, PATCH, PUT and DELETE
	Received   Measure = "received"   // bytes of POST, PATCH and PUT
	Sent       Measure = "sent"       // bytes of file contents
	Concurrent Measure = "concurrent" // requests in flight
)

// Limit is one published limit.
type Limit struct {
	Name    string        `json:"name"`
	Service wire.Service  `json:"service,omitempty"` // whose requests it is about; empty: all
	Class   string        `json:"class,omitempty"`   // only requests of this class
	Scope   Scope         `json:"scope"`
	Measure Measure       `json:"measure"`
	Span    time.Duration `json:"span,omitempty"`
	Amount  int64         `json:"amount"`
	Source  string        `json:"source"`
}

const (
	graphLimits = "https://learn.microsoft.com/graph/throttling-limits"
	filesLimits = "https://learn.microsoft.com/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online"
)

// always are the limits that are the same for everybody, as of November 2026.
var always = []Limit{
	{"global requests", "", "", Application, Requests, 10 * time.Second, 130_000, graphLimits},

	{"mailbox requests", wire.Outlook, "", Mailbox, Requests, 10 * time.Minute, 10_000, graphLimits + "#outlook-service-limits"},
	{"mailbox concurrent", wire.Outlook, "", Mailbox, Concurrent, 0, 4, graphLimits + "#outlook-service-limits"},
	{"mailbox upload", wire.Outlook, "", Mailbox, Received, 5 * time.Minute, 150 << 20, graphLimits + "#outlook-service-limits"},

	{"directory units of the application", wire.Directory, "", Application, Units, 20 * time.Second, 150_000, graphLimits + "#identity-and-access-service-limits"},
	{"directory writes of the application", wire.Directory, "", Application, Writes, 5 * time.Minute, 35_000, graphLimits + "#identity-and-access-service-limits"},
	{"directory writes", wire.Directory, "", TenantApplication, Writes, 150 * time.Second, 3_000, graphLimits + "#identity-and-access-service-limits"},
	{"directory writes of the tenant", wire.Directory, "", Tenant, Writes, 5 * time.Minute, 18_000, graphLimits + "#identity-and-access-service-limits"},

	{"files received", wire.Files, "", TenantApplication, Received, time.Hour, 400e9, filesLimits},
	{"files sent", wire.Files, Download, TenantApplication, Sent, time.Hour, 400e9, filesLimits},
	{"sharing requests", wire.Files, Sharing, TenantApplication, Requests, 5 * time.Minute, 300, filesLimits},

	{"subscription writes of the application", wire.Subscriptions, Change, Application, Requests, 20 * time.Second, 2_000, graphLimits + "#subscription-service-limits"},
	{"subscription writes", wire.Subscriptions, Change, TenantApplication, Requests, 20 * time.Second, 500, graphLimits + "#subscription-service-limits"},
	{"subscription reauthorizations of the application", wire.Subscriptions, Reauthorize, Application, Requests, 20 * time.Second, 4_000, graphLimits + "#subscription-service-limits"},
	{"subscription reauthorizations", wire.Subscriptions, Reauthorize, TenantApplication, Requests, 20 * time.Second, 1_000, graphLimits + "#subscription-service-limits"},
	{"subscription reads of the application", wire.Subscriptions, Read, Application, Requests, 20 * time.Second, 2_000, graphLimits + "#subscription-service-limits"},
	{"subscription reads", wire.Subscriptions, Read, TenantApplication, Requests, 20 * time.Second, 500, graphLimits + "#subscription-service-limits"},
	{"subscription lists of the application", wire.Subscriptions, List, Application, Requests, 20 * time.Second, 40, graphLimits + "#subscription-service-limits"},
	{"subscription lists", wire.Subscriptions, List, TenantApplication, Requests, 20 * time.Second, 25, graphLimits + "#subscription-service-limits"},
}

// Classes of requests that have limits of their own.
const (
	Download    = "download"
	Sharing     = "sharing" // links and invitations
	Change      = "change"  // of a subscription
	Reauthorize = "reauthorize"
	Read        = "read"
	List        = "list"
)

// tier is a size of tenant, up to so many users or licences.
type tier struct {
	most               int
	directory          int64 // units in ten seconds, by users
	minute, day, whole int64 // units of files, by licences
}

var directoryTiers = []tier{{most: 49, directory: 3_500}, {most: 500, directory: 5_000}, {most: math.MaxInt, directory: 8_000}}

var filesTiers = []tier{
	{most: 1_000, minute: 1_250, day: 1_200_000, whole: 18_750},
	{most: 5_000, minute: 2_500, day: 2_400_000, whole: 37_500},
	{most: 15_000, minute: 3_750, day: 3_600_000, whole: 56_250},
	{most: 50_000, minute: 5_000, day: 4_800_000, whole: 75_000},
	{most: math.MaxInt, minute: 6_250, day: 6_000_000, whole: 93_750},
}

func tierOf(tiers []tier, n int) tier {
	for _, t := range tiers {
		if n <= t.most {
			return t
		}
	}
	return tiers[len(tiers)-1]
}

// FilesMinute is the name of the limit that the headers RateLimit-* tell about, DirectoryUnits of
// the one that x-ms-throttle-limit-percentage does.
const (
	FilesMinute    = "files units of a minute"
	DirectoryUnits = "directory units"
)

// Published are the limits of a tenant with so many users and licences.
func Published(users, licences int) []Limit {
	units, files := tierOf(directoryTiers, users), tierOf(filesTiers, licences)
	return append([]Limit{
		{DirectoryUnits, wire.Directory, "", TenantApplication, Units, 10 * time.Second, units.directory, graphLimits + "#identity-and-access-service-limits"},
		{FilesMinute, wire.Files, "", TenantApplication, Units, time.Minute, files.minute, filesLimits},
		{"files units of a day", wire.Files, "", TenantApplication, Units, 24 * time.Hour, files.day, filesLimits},
		{"files units of the tenant", wire.Files, "", Tenant, Units, 5 * time.Minute, files.whole, filesLimits},
	}, always...)
}
