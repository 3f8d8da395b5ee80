package connection

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Test tries everything that the product needs and notes the result with the connection. That something
// does not work is in the checks, not in the error.
func (b *Broker) Test(ctx context.Context, id m365.ConnectionID) (Connection, []Check, error) {
	found, err := b.Store.Get(ctx, id)
	if err != nil {
		return Connection{}, nil, err
	}
	signIn, err := b.Store.SignIn(ctx, id)
	if err != nil {
		return Connection{}, nil, err
	}
	credential, err := b.Secrets.Read(ctx, id, signIn.Sealed)
	checks := b.examine(ctx, &found, signIn, credential, err)
	if ctx.Err() != nil {
		return Connection{}, nil, fault.Wrap("test connection", ctx.Err())
	}
	tested, err := b.note(ctx, found, signIn.Version)
	return tested, checks, err
}

// note keeps what was found, unless the connection signs in otherwise by now: whoever changed that tests it.
func (b *Broker) note(ctx context.Context, found Connection, version uint64) (Connection, error) {
	return b.Store.Edit(ctx, found.ID, func(c *Connection, now *SignIn) (Fact, error) {
		if now.Version != version {
			return Nothing, nil
		}
		c.State, c.Problem, c.Verified = found.State, found.Problem, found.Verified
		c.Permissions, c.Domains, c.Organization, c.Size = found.Permissions, found.Domains, found.Organization, found.Size
		c.adoptName()
		if c.State == Verified {
			return FactVerified, nil
		}
		return FactDegraded, nil
	})
}

// examine runs the checks and writes what they found into the connection.
func (b *Broker) examine(ctx context.Context, c *Connection, signIn SignIn, credential Credential, unreadable error) []Check {
	e := &examination{broker: b, connection: c, signIn: signIn, credential: credential}
	if unreadable != nil {
		e.add(failed("credential", unreadable))
		e.skip("the credential cannot be read")
	} else {
		e.run(ctx)
	}
	return e.conclude()
}

type examination struct {
	broker     *Broker
	connection *Connection
	signIn     SignIn
	credential Credential
	checks     []Check
}

func (e *examination) add(check Check) { e.checks = append(e.checks, check) }

// conclude makes the state of the connection from the checks.
func (e *examination) conclude() []Check {
	c := e.connection
	c.Verified, c.State, c.Problem = e.broker.Now().UTC(), Verified, nil
	if i := slices.IndexFunc(e.checks, func(check Check) bool { return check.Outcome == CheckFailed }); i >= 0 {
		c.State, c.Problem = Degraded, e.checks[i].Problem
	}
	return e.checks
}

func (e *examination) run(ctx context.Context) {
	if e.connection.Credential == Certificate {
		e.add(certificateLeft(e.connection.CertificateEnds.Sub(e.broker.Now())))
	}
	token, err := e.broker.Entra.SignIn(ctx, e.signIn, e.credential, "")
	if err != nil {
		e.add(failed("sign-in", err))
		e.skip("the sign-in failed")
		return
	}
	if e.signIn.Version != 0 {
		e.broker.Keeper.Keep(ctx, e.signIn, token)
	}
	e.inspect(ctx, token)
}

// inspect looks at what a token lets us do.
func (e *examination) inspect(ctx context.Context, token Token) {
	e.add(passed("sign-in", fmt.Sprintf("as application %s; the token is good for %s", e.signIn.Application, token.Lifetime)))
	e.add(clock(token.Skew))
	e.organization(ctx, token)
	e.size(ctx, token)
	for _, need := range needs {
		e.add(need.check(token))
	}
	if token.Readable {
		e.connection.Permissions = slices.Sorted(slices.Values(token.Roles))
	}
}

func (e *examination) organization(ctx context.Context, token Token) {
	organization, err := e.broker.Entra.Organization(ctx, e.signIn, token)
	switch {
	case err != nil:
		e.add(failed("organisation", err))
		e.add(skipped("domains", "the organisation could not be read"))
		return
	case organization.ID != e.signIn.Tenant:
		e.add(failed("organisation", fault.New(fault.Precondition, "read organisation", "Graph answers for tenant "+string(organization.ID),
			fault.Reason("TENANT_OTHER"), fault.Next("check the cloud and the tenant id of the connection"))))
		e.add(skipped("domains", "the organisation is another one"))
		return
	}
	e.connection.Organization, e.connection.Domains = organization.Name, organization.Domains
	e.add(passed("organisation", organization.Name))
	if len(organization.Domains) == 0 {
		e.add(warned("domains", Problem{Reason: "DOMAINS_NONE", Cause: "the tenant has no verified domain", Next: "verify a domain in the Microsoft 365 admin center"}))
		return
	}
	e.add(passed("domains", fmt.Sprintf("%d verified: %s", len(organization.Domains), list(organization.Domains))))
}

// size is what Microsoft's limits depend on. Without it the smallest are kept to: slower, and never wrong.
func (e *examination) size(ctx context.Context, token Token) {
	size, err := e.broker.Entra.Size(ctx, e.signIn, token)
	if err != nil {
		e.add(warned("size", *ProblemOf(err)))
		return
	}
	e.connection.Size = size
	e.add(passed("size", fmt.Sprintf("%d users, %d licences with SharePoint; the limits of that size are kept to", size.Users, size.Licences)))
}

func (e *examination) skip(because string) {
	e.add(skipped("organisation", because))
	e.add(skipped("domains", because))
	e.add(skipped("size", because))
	for _, need := range needs {
		e.add(skipped(need.subject(), because))
	}
}

// A certificate can be replaced in a month without haste.
const renewBefore = 30 * 24 * time.Hour

func certificateLeft(left time.Duration) Check {
	days := int(left / (24 * time.Hour))
	next := "make a new certificate, upload it to the app registration, and update the connection with it"
	switch {
	case left <= 0:
		return failed("certificate", fault.New(fault.Precondition, "", "the certificate has ended", fault.Reason("CERTIFICATE_EXPIRED"), fault.Next(next)))
	case left < renewBefore:
		return warned("certificate", Problem{Reason: "CERTIFICATE_ENDS_SOON", Cause: fmt.Sprintf("the certificate ends in %d days", days), Next: next})
	}
	return passed("certificate", fmt.Sprintf("good for %d more days", days))
}

// maxSkew is half of what Entra tolerates in an assertion's validity.
const maxSkew = 150 * time.Second

func clock(skew time.Duration) Check {
	if skew.Abs() <= maxSkew {
		return passed("clock", fmt.Sprintf("within %d s of Entra's", int(maxSkew.Seconds())))
	}
	direction := "ahead of"
	if skew < 0 {
		direction = "behind"
	}
	return warned("clock", Problem{Reason: "CLOCK_SKEW", Cause: fmt.Sprintf("this machine's clock is %s %s Entra's", skew.Abs().Round(time.Second), direction),
		Next: "synchronise the clock of the machine that auth-broker runs on (NTP)"})
}
