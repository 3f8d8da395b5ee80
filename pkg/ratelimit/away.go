package ratelimit

// Away tells whether a ledger is a shared one that does not answer, so that this process is on its own.
func Away(ledger Ledger) bool {
	switch l := ledger.(type) {
	case *Fallback:
		return l.Degraded()
	case Agreed:
		return Away(l.Ledger)
	default:
		return false
	}
}
