// Package entra signs applications in at the Microsoft identity platform and reads a tenant's own
// record: the two calls that auth-broker makes itself.
//
//	POST {login}/{tenant}/oauth2/v2.0/token     one form, one reply; a secret or a signed assertion
//	GET  {graph}/v1.0/organization              id, display name, verified domains
//
// A refusal becomes an error that names the cause and the next step, after the AADSTS number (refusals.go)
// or, when no answer came at all, after what went wrong on the way (network.go). Such errors are
// fault.Precondition, not Unauthentic: it is the connection that cannot sign in, not the caller.
//
// Sources:
//   - client credentials: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
//   - assertions: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
//   - error codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
//   - claims challenges: https://learn.microsoft.com/entra/identity-platform/claims-challenge
//   - organization: https://learn.microsoft.com/graph/api/organization-list
package entra
