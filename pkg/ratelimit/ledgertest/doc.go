// Package ledgertest is the contract of [ratelimit.Ledger] as a test suite. Each ledger runs all
// of it on a clock that nobody can turn (Redis keeps its own), so the limits in it are small.
package ledgertest
