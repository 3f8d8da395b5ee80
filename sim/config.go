package sim

import (
	"fmt"
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/login"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Config says which tenant to simulate. The zero value is a tenant without users.
type Config struct {
	Seed  uint64
	Users int
	Mails int // per mailbox
	Files int // per drive

	Tenant string // GUID; from the seed if empty
	Domain string // contoso.onmicrosoft.com if empty

	// Apps are the registered applications. If there are none, there is one with a client id and
	// a secret from the seed and with every permission; see Server.ClientID.
	Apps []login.App

	Load []Load // real content instead of made-up one

	// FilesHost is a name of this machine for addresses of files' contents. A client that drops its
	// token when it is sent to another host does so then, as it does with Microsoft.
	FilesHost string // the name that the client uses for Graph if empty

	TokenLifetime time.Duration // 3599 s if zero, as Entra's
	Latency       time.Duration // that each call to Graph takes at least
	Throttle      bool          // apply the published limits
	Licences      int           // that the tenant has, for the limits of files; as many as users if zero

	Notifier    *http.Client  // that posts change notifications; one that trusts public certificates if nil
	NotifyAgain time.Duration // before a notification is posted again, doubled each time; 10 s if zero

	Now func() time.Time // time.Now if nil
}

// Load gives a user the mail at a path on this machine (see package load), or the files in any
// other folder. A user that is not there is made.
type Load struct {
	Address string
	Path    string
}

const defaultDomain = "contoso.onmicrosoft.com"

// complete fills in what was left out. Ids come from the seed, so that they are the same in
// every run.
func (c *Config) complete() error {
	if c.Users < 0 || c.Mails < 0 || c.Files < 0 {
		return fmt.Errorf("users, mails and files cannot be negative")
	}
	ids := seed.New(c.Seed, seed.Text("tenant"))
	tenant, client, secret := ids.GUID(), ids.GUID(), ids.GUID()
	if c.Tenant == "" {
		c.Tenant = tenant
	}
	if c.Domain == "" {
		c.Domain = defaultDomain
	}
	if len(c.Apps) == 0 {
		c.Apps = []login.App{{ID: client, Secrets: []string{"sim~" + secret}, Roles: Permissions}}
	}
	if c.Licences == 0 {
		c.Licences = c.Users
	}
	if c.TokenLifetime == 0 {
		c.TokenLifetime = 3599 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Permissions are all application permissions that the simulator knows:
// https://learn.microsoft.com/graph/permissions-reference
var Permissions = []string{
	"User.Read.All", "User.ReadWrite.All", "Group.Read.All", "Group.ReadWrite.All", "GroupMember.Read.All",
	"GroupMember.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All", "Organization.Read.All",
	"Domain.Read.All", "Domain.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "Mail.Read", "Mail.ReadWrite", "MailboxSettings.Read",
	"Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All", "Sites.FullControl.All",
}
