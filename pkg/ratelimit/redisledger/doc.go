// Package redisledger keeps the ledger of package ratelimit in Redis, for a fleet.
//
// A scope is one hash, whose key carries the connection as hash tag, so that a cluster keeps all
// of a connection on one node and a decision is one script and one round trip. Time is Redis's
// own (TIME): clocks of workers do not matter. When it is set back the ledger's goes on from where it was.
//
//	tk:rl:{<connection>}:scopes        set of scope names
//	tk:rl:{<connection>}:s:<scope>     cool pace paced slots holders askers l:<budget> g:<budget> w:<budget>
//	tk:rl:{<connection>}:life          id seen skew recover: the name of this memory, its clock, and until when it listens
//
// Keys expire an hour after the last write, or after the longest window, cool-down or lease in
// them if that is more. Nothing needs persistence: workers tell a Redis without a memory what they
// know. Redis should run with noeviction: an evicted scope would forget what was spent.
package redisledger
