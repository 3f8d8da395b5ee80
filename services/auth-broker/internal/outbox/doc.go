// Package outbox keeps connections in the state of the platform, where they are facts for everybody:
//
//	st.connection.<id>.<id>.connection-created ...   tenantkeep.auth.v1.Connection
//	in.credential.<id>.<id>.credential-set ...       JSON: what it signs in as; never the secret
//	in.claim._.<hash>...                             one connection per tenant
//
// All that changes together is one batch. The sequence of the credential entity is the version of the
// sign-in: tokens are kept under it, so that none of an earlier one is found.
package outbox
