// Package targets opens what is restored to: the mailbox or drive of a user of a connected tenant,
// and finds out who that user is.
package targets
