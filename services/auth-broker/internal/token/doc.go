// Package token gives out access tokens so that a tenant is asked for as few as possible, however many
// workers and brokers there are.
//
//	cached, fresh enough ---------------------------------> give it out
//	cached, past 70-85 % of its life -> give it out, and renew it behind the caller's back
//	none, or about to end -> one asks (the lock), all others wait for the answer
//	claims of a challenge  -> ask at once, whatever is cached
//	the cached one refused -> as if there were none; not again within half a minute
//
// A token is cached under the version of what the connection signs in as. A change of the credential, or
// the removal of the connection, moves on the version, so that no earlier token is found any more, in any
// process. The moment of renewal is drawn per token and kept with it: all brokers agree on it, and the
// tokens of many connections are not renewed at the same time.
//
// So at most elapsed / (0.7 x lifetime) + 1 tokens are asked for per connection. Exceptions: a challenge, a refused token, a
// test by a person (whose token replaces the cached one), and a broker that dies while it asks.
//
// A tenant that refuses is not asked again for a while by the same process: see refusalPause.
package token
