// Package identity says who calls and what they may.
//
// There are two sorts of callers. A service of Tenantkeep proves itself with a certificate of the
// installation's own authority (mutual TLS, package pki): its name stands in a URI of the
// certificate, spiffe://tenantkeep/service/backup-worker. A person, or another team's program,
// shows a bearer token in the call's metadata (authorization: Bearer tk_...).
//
// What each may do stands in one table, [Policy]: method to callers. A method that the table lacks
// is refused to everybody. There is one token so far, the administrator's, who may call everything
// that is meant for people; roles and scopes come with the tokens that carry them.
package identity
