// Package connection decides about connections to Entra tenants: how one comes to be, what may change,
// what a test finds, and what is forgotten when it goes.
//
//	Create: check -> seal the credential -> commit {connection, sign-in, claim of the tenant} -> test
//	Update: check -> seal a new credential -> commit {connection, sign-in} -> forget the old one -> test
//	Delete: commit {connection gone, sign-in gone, claim released} -> forget the credential
//	Test:   sign in -> organisation -> permissions -> domains, one line each
//
// A connection is public; its sign-in says what it signs in as and which sealed credential it uses, and
// is internal; the credential itself lies sealed in a bucket of its own. Only the commit counts: a
// credential that no sign-in points to (because a process died between two steps) is swept away.
//
// Who may read and who may write are separate permissions: a tenant that does not consent to writing is
// protected, and only a restore is refused. So a missing write permission is a warning.
//
// Errors are of package fault, each with its next step. Times are UTC.
package connection
