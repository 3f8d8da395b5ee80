package throttle

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Request is what the limits look at.
type Request struct {
	Service wire.Service
	Class   string
	App     string
	Mailbox string // object id of the user
	Units   int
	Write   bool
	Size    int64 // of the body

	// Concurrent replaces the limit of requests in flight on the mailbox, if it is not zero.
	Concurrent int
}

// Limiter applies limits.
type Limiter struct {
	tenant string
	mu     sync.Mutex
	limits []Limit
	counts []map[string]*count // by limit, then by whom it adds up
}

// count is what one limit has added up for one of those that it is about.
type count struct {
	window  window
	running int
}

// New makes a limiter of a tenant.
func New(tenant string, limits []Limit) *Limiter {
	l := &Limiter{tenant: tenant}
	l.SetLimits(limits)
	return l
}

// SetLimits changes the limits from now on; what was counted is forgotten.
func (l *Limiter) SetLimits(limits []Limit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = append(slices.Clone(limits), inFlight)
	l.counts = make([]map[string]*count, len(l.limits))
}

// inFlight limits only requests that say their own number.
var inFlight = Limit{Service: wire.Outlook, Scope: Mailbox, Measure: Concurrent, Amount: math.MaxInt64}

// amount is what of a request counts for a limit.
func (l *Limit) amount(r *Request) int64 {
	switch {
	case l.Service != "" && l.Service != r.Service, l.Class != "" && l.Class != r.Class, l.Scope == Mailbox && r.Mailbox == "":
		return 0
	case l.Measure == Units:
		return int64(r.Units)
	case l.Measure == Received && r.Write:
		return r.Size
	case l.Measure == Requests, l.Measure == Concurrent, l.Measure == Sent, l.Measure == Writes && r.Write:
		return 1
	}
	return 0
}

// count finds what a limit has added up for a request.
func (l *Limiter) count(n int, r *Request) *count {
	limit, key := &l.limits[n], r.App
	switch {
	case limit.Scope == Tenant, limit.Service == wire.Files && (limit.Measure == Received || limit.Measure == Sent):
		key = "" // addresses of contents that need no token do not say whose they are
	case limit.Scope == Mailbox:
		key += " " + r.Mailbox
	}
	if l.counts[n] == nil {
		l.counts[n] = map[string]*count{}
	}
	if l.counts[n][key] == nil {
		l.counts[n][key] = &count{window: window{span: limit.Span}}
	}
	return l.counts[n][key]
}

// Admit lets a request in or refuses it. header belongs to the answer either way. release has to
// be called when the answer begins.
func (l *Limiter) Admit(r Request, now time.Time) (release func(), header http.Header, refused *wire.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	limit, wait := l.refusal(&r, now)
	if limit == nil || r.Service == wire.Files {
		l.add(&r, now)
	}
	header = l.headers(&r, now)
	if limit == nil {
		return l.enter(&r), header, nil
	}
	if r.Service == wire.Files {
		if again, longer := l.refusal(&r, now); again != nil { // what is refused counts
			wait = max(wait, longer)
		}
	}
	return func() {}, header, l.refuse(limit, &r, wait)
}

// refusal is the limit that makes the request wait longest, if any refuses it.
func (l *Limiter) refusal(r *Request, now time.Time) (refusing *Limit, longest time.Duration) {
	for n := range l.limits {
		limit := &l.limits[n]
		amount := limit.amount(r)
		if amount == 0 {
			continue
		}
		if wait := l.count(n, r).wait(limit, r, amount, now); wait > longest {
			refusing, longest = limit, wait
		}
	}
	return refusing, longest
}

// wait is how long it takes until an amount fits below a limit.
func (c *count) wait(limit *Limit, r *Request, amount int64, now time.Time) time.Duration {
	most := limit.Amount
	if limit.Measure != Concurrent {
		return c.window.wait(now, amount, most)
	}
	if r.Concurrent > 0 {
		most = int64(r.Concurrent)
	}
	if int64(c.running) >= most {
		return time.Second
	}
	return 0
}

func (l *Limiter) add(r *Request, now time.Time) {
	for n := range l.limits {
		switch limit := &l.limits[n]; limit.Measure {
		case Concurrent, Sent:
		case Requests, Units, Writes, Received:
			if amount := limit.amount(r); amount > 0 {
				l.count(n, r).window.add(now, amount)
			}
		}
	}
}

// enter counts a request among those in flight until it is released.
func (l *Limiter) enter(r *Request) (release func()) {
	var counts []*count
	for n := range l.limits {
		if limit := &l.limits[n]; limit.Measure == Concurrent && limit.amount(r) > 0 {
			counts = append(counts, l.count(n, r))
		}
	}
	if len(counts) == 0 {
		return func() {}
	}
	for _, c := range counts {
		c.running++
	}
	return sync.OnceFunc(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, c := range counts {
			c.running--
		}
	})
}

// Sent counts bytes of file contents that an admitted request was answered with.
func (l *Limiter) Sent(r Request, bytes int64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n := range l.limits {
		if limit := &l.limits[n]; limit.Measure == Sent && limit.amount(&r) > 0 {
			l.count(n, &r).window.add(now, bytes)
		}
	}
}

// headers tell how full a budget is: always what a call to the directory cost, and from 80 % on
// how much is used.
func (l *Limiter) headers(r *Request, now time.Time) http.Header {
	header := http.Header{}
	if r.Service == wire.Directory {
		header.Set("x-ms-resource-unit", strconv.Itoa(r.Units))
	}
	for n := range l.limits {
		limit := &l.limits[n]
		if limit.Name != DirectoryUnits && limit.Name != FilesMinute || limit.amount(r) == 0 {
			continue
		}
		used := l.count(n, r).window.used(now)
		switch {
		case used*10 < limit.Amount*8:
		case limit.Name == FilesMinute:
			header.Set("RateLimit-Limit", strconv.FormatInt(limit.Amount, 10))
			header.Set("RateLimit-Remaining", strconv.FormatInt(max(limit.Amount-used, 0), 10))
			header.Set("RateLimit-Reset", strconv.Itoa(int(limit.Span.Seconds())))
		default:
			header.Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(min(float64(used)/float64(limit.Amount), 1.8), 'f', 2, 64))
		}
	}
	return header
}
