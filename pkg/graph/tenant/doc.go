// Package tenant opens the Graph client of a connection: where the tenant is comes from the state,
// access tokens from auth-broker, budgets from the ledger that all processes share.
//
//	tenants := tenant.New(tenant.Config{State: h.State, Broker: broker, Ledger: h.Ledger, Holder: h.Owner})
//	defer tenants.Close()
//	client, err := tenants.Open(ctx, connection)   // the same client until the connection changes
//
// There is one client per connection and process, so that its leases of the budgets are shared by
// everything that runs here. A connection that moved to another tenant, cloud or application, or that
// has grown into other limits, gets a new one; the old one works on until its calls have ended.
//
// [Tokens] keeps an access token for at most a minute; auth-broker keeps it for its whole life, renews
// it early and answers many processes with one request to Entra.
// A challenge (continuous access evaluation,
// https://learn.microsoft.com/entra/identity-platform/app-resilience-continuous-access-evaluation)
// passes its claims on, and what comes back replaces what was kept.
//
// Errors: NotFound for a connection that is not there or was removed, Invalid for one whose cloud is
// not known, and what auth-broker answers.
package tenant
