// Package login is the Microsoft identity platform as far as an app-only client needs it: the
// token endpoint with a client secret or a signed assertion, discovery, keys, admin consent, and
// the check that Graph makes on every token.
//
// Every registered app is known in the one tenant. Refusals carry the AADSTS numbers and the
// shape that Entra uses. A token is issued to an app without consent too; it merely has no
// roles, and Graph then answers 403.
//
// Sources:
//   - client credentials: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
//   - assertions: https://learn.microsoft.com/entra/identity-platform/certificate-credentials
//   - error codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
//   - admin consent: https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
package login
