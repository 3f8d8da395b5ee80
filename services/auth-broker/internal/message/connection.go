package message

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/connection"
)

const collection = "connections/"

// Name is the resource name of a connection.
func Name(id m365.ConnectionID) string { return collection + string(id) }

// ID is the id in a resource name.
func ID(name string) (m365.ConnectionID, error) {
	id, found := strings.CutPrefix(name, collection)
	if !found || id == "" || strings.ContainsAny(id, "/. *>") {
		return "", fault.New(fault.Invalid, "read name", "\""+name+"\" names no connection",
			fault.Reason("NAME_MALFORMED"), fault.Next("give it as connections/ID; connection list shows the names"))
	}
	return m365.ConnectionID(id), nil
}

// Write puts a connection into its message. Revision and change note stay as they are: the store
// keeps them.
func Write(c connection.Connection, m *authv1.Connection) {
	m.Name, m.DisplayName = Name(c.ID), c.DisplayName
	m.Cloud, m.Simulator = c.Cloud, c.Simulator
	m.TenantId, m.ApplicationId = string(c.Tenant), string(c.Application)
	m.Credential, m.CertificateThumbprint = kinds[c.Credential], c.Thumbprint
	m.CertificateExpireTime = stamp(c.CertificateEnds)
	m.State = states[c.State]
	m.Permissions, m.Domains, m.Organization = c.Permissions, c.Domains, c.Organization
	m.Users, m.Licences = c.Size.Users, c.Size.Licences
	m.CreateTime, m.VerifyTime = stamp(c.Created), stamp(c.Verified)
	m.Problem = Problem(c.Problem)
}

// Read is the connection in a message.
func Read(m *authv1.Connection) connection.Connection {
	id, _ := strings.CutPrefix(m.GetName(), collection)
	return connection.Connection{
		ID: m365.ConnectionID(id), Revision: m.GetRevision(), DisplayName: m.GetDisplayName(),
		Cloud: m.GetCloud(), Simulator: m.GetSimulator(),
		Tenant: m365.TenantID(m.GetTenantId()), Application: m365.AppID(m.GetApplicationId()),
		Credential: key(kinds, m.GetCredential()), Thumbprint: m.GetCertificateThumbprint(), CertificateEnds: instant(m.GetCertificateExpireTime()),
		State:       key(states, m.GetState()),
		Permissions: m.GetPermissions(), Domains: m.GetDomains(), Organization: m.GetOrganization(),
		Size:    connection.Size{Users: m.GetUsers(), Licences: m.GetLicences()},
		Created: instant(m.GetCreateTime()), Verified: instant(m.GetVerifyTime()), Problem: readProblem(m.GetProblem()),
	}
}

var kinds = map[connection.CredentialKind]authv1.CredentialKind{
	connection.Secret:      authv1.CredentialKind_CREDENTIAL_KIND_SECRET,
	connection.Certificate: authv1.CredentialKind_CREDENTIAL_KIND_CERTIFICATE,
}

var states = map[connection.State]authv1.ConnectionState{
	connection.New:      authv1.ConnectionState_CONNECTION_STATE_NEW,
	connection.Verified: authv1.ConnectionState_CONNECTION_STATE_VERIFIED,
	connection.Degraded: authv1.ConnectionState_CONNECTION_STATE_DEGRADED,
}

var outcomes = map[connection.Outcome]authv1.CheckOutcome{
	connection.CheckPassed:  authv1.CheckOutcome_CHECK_OUTCOME_PASSED,
	connection.CheckWarned:  authv1.CheckOutcome_CHECK_OUTCOME_WARNING,
	connection.CheckFailed:  authv1.CheckOutcome_CHECK_OUTCOME_FAILED,
	connection.CheckSkipped: authv1.CheckOutcome_CHECK_OUTCOME_SKIPPED,
}

// key finds what stands for a value; a value of a newer version stands for nothing known.
func key[K, V comparable](table map[K]V, value V) K {
	for k, v := range table {
		if v == value {
			return k
		}
	}
	var unknown K
	return unknown
}

// Checks are the lines of a test.
func Checks(checks []connection.Check) []*authv1.Check {
	messages := make([]*authv1.Check, len(checks))
	for i, c := range checks {
		messages[i] = &authv1.Check{Subject: c.Subject, Outcome: outcomes[c.Outcome], Finding: c.Finding, Problem: Problem(c.Problem)}
	}
	return messages
}

// Problem is a failure; nil for none.
func Problem(p *connection.Problem) *typev1.Problem {
	if p == nil {
		return nil
	}
	return &typev1.Problem{Reason: p.Reason, Cause: p.Cause, Next: p.Next}
}

func readProblem(m *typev1.Problem) *connection.Problem {
	if m == nil {
		return nil
	}
	return &connection.Problem{Reason: m.GetReason(), Cause: m.GetCause(), Next: m.GetNext()}
}

func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func instant(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
