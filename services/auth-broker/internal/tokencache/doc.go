// Package tokencache holds the implementations of token.Cache: [Memory] for brokers in one process,
// [Redis] for a fleet, and [Fallback], which goes on with the one when the other is away. All three keep
// the contract that the package's tests hold them to.
//
// In Redis, under a hash tag so that a cluster keeps them together:
//
//	tok:{<connection>}:<version>        the token, sealed for this very key; expires with the token
//	tok:{<connection>}:<version>:lock   who asks for the next one; expires by itself
//
// A copy of Redis is worth nothing without the key file of auth-broker, and a value that is copied to
// another connection's key does not open.
package tokencache
