// Package redisledger keeps the ledger of package ratelimit in Redis, for a fleet.
//
// A scope is one hash, whose key carries the connection as hash tag, so that a cluster keeps all
// of a connection on one node and a decision is one script and one round trip. Time is Redis's
// own (TIME): clocks of workers do not matter.
//
//	tk:rl:{<connection>}:scopes        set of scope names
//	tk:rl:{<connection>}:s:<scope>     cool pace paced slots holders l:<budget> g:<budget> w:<budget>
//
// Keys expire an hour after the last write, or after the longest window, cool-down or lease in
// them if that is more; nothing needs persistence. Redis should run with noeviction: an evicted
// scope would forget what was spent.
package redisledger
