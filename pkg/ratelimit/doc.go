// Package ratelimit keeps a fleet of workers inside somebody else's limits. What may be spent is
// written in a [Ledger] that all workers of a connection share; a [Limiter] is one process's view
// of it, which leases a little more than the call at hand needs, so that most calls cost no round
// trip.
//
//	call -> Limiter.Acquire(Price) -> local credit? -> Permit
//	                               \-> Ledger.Acquire(Ask) -> grant (kept as credit) or wait
//
// Terms:
//
//   - scope: what is limited, and cools down, together: one mailbox, the drives of a tenant, the
//     directory of a tenant. A decision concerns exactly one scope.
//   - budget: one limit inside a scope, counted in its own unit (requests, resource units, bytes).
//   - slots: how many calls of a scope may be in flight at once.
//   - cool-down: after a Retry-After nobody sends anything to the scope until it has passed.
//   - pace: percent of the published limits that is used. Each cool-down halves it, every 30
//     quiet seconds give 5 points back.
//
// Limits have two shapes. A token bucket ([Limit.Burst] > 0) refills evenly; it is computed as GCRA
// (the generic cell rate algorithm, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm),
// which needs one number per budget. A sliding window (Burst 0) is "at most N in any T": a token
// bucket cannot promise that without either halving the rate or forbidding the burst. All
// arithmetic is in integer microseconds.
//
// Where a budget is short, what refills goes to the highest priority that waits and among equals to who came first, in
// the ledger as in a process; see [Priority]. Package published has Microsoft's limits and what each call costs.
//
// A shared ledger may be away, or come back without its memory, or with another time: [Fallback] keeps account of what
// it last knew, goes on from there with a half of every limit or less, and tells the ledger when it is back. Errors:
// Throttled (with RetryAfter) when a wait is longer than the caller's patience, Transient when the ledger cannot be
// reached, Invalid for a price that can never be paid.
//
// Not promised: fairness between processes where nothing is short, and exactness of a window finer than a twentieth of
// its length (it errs on the side of waiting).
package ratelimit
