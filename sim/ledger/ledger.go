// Package ledger counts what clients ask of the simulator: requests by route and by user,
// resource units, refusals, concurrency and tokens. A test or a benchmark reads it to prove how
// much traffic something took.
//
// Counts are of requests as services see them: each member of a $batch is one, the $batch itself
// another. Concurrency is the number of requests being answered at the same moment.
package ledger

import (
	"strconv"
	"sync"
)

// Count is what happened on one route or for one user.
type Count struct {
	Requests    int            `json:"requests"`
	Status      map[string]int `json:"status"` // by status code
	Units       int            `json:"units"`
	Throttled   int            `json:"throttled"` // answered with 429
	Concurrent  int            `json:"concurrent"`
	MaxParallel int            `json:"maxConcurrent"`
	Received    int64          `json:"bytesReceived"` // of request bodies, as announced
	Sent        int64          `json:"bytesSent"`     // of response bodies, as sent
}

// Report is the ledger as it stands.
type Report struct {
	Total  Count            `json:"total"`
	Routes map[string]Count `json:"routes"` // "GET /users/{user}/messages"
	Users  map[string]Count `json:"users"`  // by object id
	Tokens map[string]int   `json:"tokens"` // tokens issued, by client id
}

// Ledger counts. The zero value is not usable; see New.
type Ledger struct {
	mu     sync.Mutex
	total  *Count
	routes map[string]*Count
	users  map[string]*Count
	tokens map[string]int
}

// New opens an empty ledger.
func New() *Ledger {
	l := &Ledger{}
	l.Reset()
	return l
}

// Reset forgets everything. Requests that are under way are counted out of what they were
// counted into.
func (l *Ledger) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total, l.routes, l.users, l.tokens = &Count{}, map[string]*Count{}, map[string]*Count{}, map[string]int{}
}

// Request is one request under way.
type Request struct {
	Route string
	User  string // object id; empty if none
	Units int
	Size  int64 // of the body, -1 if not announced
}

// Entry is a request that was counted in.
type Entry struct {
	ledger   *Ledger
	counts   []*Count
	answered bool
}

// Begin counts a request in.
func (l *Ledger) Begin(r Request) *Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	counts := []*Count{l.total, entry(l.routes, r.Route)}
	if r.User != "" {
		counts = append(counts, entry(l.users, r.User))
	}
	for _, c := range counts {
		c.Requests++
		c.Units += r.Units
		c.Received += max(r.Size, 0)
		c.Concurrent++
		c.MaxParallel = max(c.MaxParallel, c.Concurrent)
	}
	return &Entry{ledger: l, counts: counts}
}

// Answer counts the request out of those under way, at the moment its status is sent: a client
// that asks again as soon as it has read the answer is not counted twice. Status 0 means that the
// connection was cut. Only the first call counts.
func (e *Entry) Answer(status int) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	if e.answered {
		return
	}
	e.answered = true
	for _, c := range e.counts {
		c.Concurrent = max(c.Concurrent-1, 0)
		if c.Status == nil {
			c.Status = map[string]int{}
		}
		c.Status[strconv.Itoa(status)]++
		if status == 429 {
			c.Throttled++
		}
	}
}

// Sent adds bytes of the answer.
func (e *Entry) Sent(n int64) {
	e.ledger.mu.Lock()
	defer e.ledger.mu.Unlock()
	for _, c := range e.counts {
		c.Sent += n
	}
}

// Token counts a token that was issued.
func (l *Ledger) Token(app string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens[app]++
}

// Report returns a copy of the counts.
func (l *Ledger) Report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	tokens := make(map[string]int, len(l.tokens))
	for app, n := range l.tokens {
		tokens[app] = n
	}
	return Report{l.total.copy(), copies(l.routes), copies(l.users), tokens}
}

func copies(counts map[string]*Count) map[string]Count {
	all := make(map[string]Count, len(counts))
	for name, c := range counts {
		all[name] = c.copy()
	}
	return all
}

func (c *Count) copy() Count {
	result := *c
	result.Status = make(map[string]int, len(c.Status))
	for code, n := range c.Status {
		result.Status[code] = n
	}
	return result
}

func entry(counts map[string]*Count, name string) *Count {
	if counts[name] == nil {
		counts[name] = &Count{}
	}
	return counts[name]
}
