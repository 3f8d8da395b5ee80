package state

// Origin says why an entity changes; it becomes part of its change note.
type Origin struct {
	Cause string // what set it off, a noun phrase: "delta", "command", "schedule"
	RunID string // the run or job that does it; empty without
	Actor string // who: "person:admin", "service:directory-sync"
}
