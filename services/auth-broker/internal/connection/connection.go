package connection

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Connection is one connected tenant, as everybody may see it.
type Connection struct {
	ID              m365.ConnectionID
	Revision        int64 // counted by the store, from 1
	DisplayName     string
	Cloud           string // global, gcc, gcch, dod, china or sim
	Simulator       string // address, if Cloud is sim
	Tenant          m365.TenantID
	Application     m365.AppID
	Credential      CredentialKind
	Thumbprint      string    // SHA-256 of the certificate in hex; empty with a secret
	CertificateEnds time.Time // zero with a secret
	State           State
	Permissions     []string // roles of the token that the last successful sign-in of a test got
	Domains         []string // verified ones, the default first
	Organization    string
	Size            Size // as of the last test that could read it
	Created         time.Time
	Verified        time.Time // when the last test ended; zero before the first
	Problem         *Problem  // why it is degraded
}

// Size is how big a tenant is: Microsoft's limits depend on it. 0 where nobody knows.
type Size struct {
	Users    int64
	Licences int64 // with SharePoint, given to users
}

// CredentialKind is how a connection signs in.
type CredentialKind uint8

// The kinds of credentials.
const (
	Secret CredentialKind = iota + 1
	Certificate
)

// State is whether a connection can be worked with.
type State uint8

// The states.
const (
	New      State = iota + 1 // saved, not tested yet
	Verified                  // the last test passed, perhaps with warnings
	Degraded                  // the last test found something that keeps work from being done
)

// SignIn is what a connection signs in as. Whatever is in here makes earlier tokens worthless when it
// changes.
type SignIn struct {
	Connection  m365.ConnectionID
	Version     uint64 // of this content, given by the store; rises with each change
	Cloud       string
	Simulator   string
	Tenant      m365.TenantID
	Application m365.AppID
	Sealed      string // which sealed credential
}

// SignIn is what the connection signs in as, with the sealed credential of that reference.
func (c Connection) SignIn(sealed string) SignIn {
	return SignIn{Connection: c.ID, Cloud: c.Cloud, Simulator: c.Simulator, Tenant: c.Tenant, Application: c.Application, Sealed: sealed}
}

// Endpoints returns the cloud that is signed in to.
func (s SignIn) Endpoints() (m365.Cloud, error) { return endpoints(s.Cloud, s.Simulator) }

func endpoints(cloud, simulator string) (m365.Cloud, error) {
	if cloud == "sim" {
		return m365.Simulated(simulator), nil
	}
	found, err := m365.CloudNamed(cloud)
	return found, fault.As(fault.Invalid, "choose cloud", err, fault.Reason("CLOUD_UNKNOWN"), fault.Next("choose one of global, gcc, gcch, dod, china, sim"))
}

// Fact is what happened to a connection.
type Fact string

// The facts. Nothing is written where nothing happened.
const (
	FactCreated  Fact = "connection-created"
	FactUpdated  Fact = "connection-updated"
	FactVerified Fact = "connection-verified"
	FactDegraded Fact = "connection-degraded"
	FactRemoved  Fact = "connection-removed"
	Nothing      Fact = ""
)
