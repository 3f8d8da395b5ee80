package throttle

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Limits are the numbers. Zero means no limit.
type Limits struct {
	MailboxRequests   int64 // per app and mailbox in 10 minutes
	MailboxConcurrent int   // per app and mailbox
	MailboxUpload     int64 // bytes of POST, PATCH and PUT per app and mailbox in 5 minutes
	DirectoryUnits    int64 // per app and tenant in 10 seconds
	DirectoryWrites   int64 // per app and tenant in 150 seconds
	FilesUnits        int64 // per app and tenant in a minute
}

// Published are the limits of a tenant with so many users, as of November 2026.
func Published(users int) Limits {
	limits := Limits{
		MailboxRequests: 10_000, MailboxConcurrent: 4, MailboxUpload: 150 << 20,
		DirectoryUnits: 8_000, DirectoryWrites: 3_000, FilesUnits: 6_250,
	}
	switch {
	case users < 50:
		limits.DirectoryUnits = 3_500
	case users <= 500:
		limits.DirectoryUnits = 5_000
	}
	for _, size := range []struct {
		users int
		units int64
	}{{50_000, 5_000}, {15_000, 3_750}, {5_000, 2_500}, {1_000, 1_250}} {
		if users <= size.users {
			limits.FilesUnits = size.units
		}
	}
	return limits
}

// Request is what the limits look at.
type Request struct {
	Service wire.Service
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
	limits Limits
	boxes  map[string]*mailbox
	apps   map[string]*app
}

type mailbox struct {
	requests, upload window
	running          int
}

type app struct{ units, writes, files window }

// New makes a limiter of a tenant.
func New(tenant string, limits Limits) *Limiter {
	return &Limiter{tenant: tenant, limits: limits, boxes: map[string]*mailbox{}, apps: map[string]*app{}}
}

// SetLimits changes the limits from now on.
func (l *Limiter) SetLimits(limits Limits) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limits = limits
}

// Admit lets a request in or refuses it. header belongs to the answer either way. release has to
// be called when the answer begins.
func (l *Limiter) Admit(r Request, now time.Time) (release func(), header http.Header, refused *wire.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Service == wire.Outlook && r.Mailbox != "":
		release, refused = l.outlook(r, now)
	case r.Service == wire.Directory:
		header, refused = l.directory(r, now)
	case r.Service == wire.Files:
		header, refused = l.files(r, now)
	}
	if release == nil {
		release = func() {}
	}
	return release, header, refused
}

func (l *Limiter) outlook(r Request, now time.Time) (func(), *wire.Error) {
	box := l.boxes[r.App+" "+r.Mailbox]
	if box == nil {
		box = &mailbox{requests: window{span: 10 * time.Minute}, upload: window{span: 5 * time.Minute}}
		l.boxes[r.App+" "+r.Mailbox] = box
	}
	concurrent := l.limits.MailboxConcurrent
	if r.Concurrent > 0 {
		concurrent = r.Concurrent
	}
	if concurrent > 0 && box.running >= concurrent {
		return nil, applicationThrottled("MailboxConcurrency", time.Second)
	}
	if wait := limited(&box.requests, now, 1, l.limits.MailboxRequests); wait > 0 {
		return nil, applicationThrottled("RequestLimit", wait)
	}
	if r.Write {
		if wait := limited(&box.upload, now, r.Size, l.limits.MailboxUpload); wait > 0 {
			return nil, applicationThrottled("UploadLimit", wait)
		}
	}
	box.running++
	var once sync.Once
	return func() { once.Do(func() { l.leave(box) }) }, nil
}

func (l *Limiter) leave(box *mailbox) {
	l.mu.Lock()
	defer l.mu.Unlock()
	box.running--
}

func limited(w *window, now time.Time, units, limit int64) time.Duration {
	if limit == 0 {
		return 0
	}
	return w.add(now, units, limit)
}

// applicationThrottled is Outlook's body, without innerError.
func applicationThrottled(limit string, wait time.Duration) *wire.Error {
	return &wire.Error{
		Status: http.StatusTooManyRequests, Code: "ApplicationThrottled", Header: retryAfter(wait),
		Body: []byte(`{"error":{"code":"ApplicationThrottled","message":"Application is over its ` + limit + ` limit."}}`),
	}
}

func retryAfter(wait time.Duration) http.Header {
	return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(wait.Seconds())))}}
}

func (l *Limiter) appOf(id string) *app {
	if l.apps[id] == nil {
		l.apps[id] = &app{units: window{span: 10 * time.Second}, writes: window{span: 150 * time.Second}, files: window{span: time.Minute}}
	}
	return l.apps[id]
}

func (l *Limiter) directory(r Request, now time.Time) (http.Header, *wire.Error) {
	budget := l.appOf(r.App)
	header := http.Header{"X-Ms-Resource-Unit": {strconv.Itoa(r.Units)}}
	kind, limit, wait := "Read", "ResourceUnitLimitExceeded", limited(&budget.units, now, int64(r.Units), l.limits.DirectoryUnits)
	if r.Write {
		kind = "Write"
		if wait == 0 {
			limit, wait = "WriteLimitExceeded", limited(&budget.writes, now, 1, l.limits.DirectoryWrites)
		}
	}
	if wait > 0 {
		refused := retryAfter(wait)
		refused.Set("x-ms-throttle-scope", fmt.Sprintf("Tenant_Application/%s/%s/%s", kind, r.App, l.tenant))
		refused.Set("x-ms-throttle-information", limit)
		return header, &wire.Error{Status: http.StatusTooManyRequests, Code: "TooManyRequests", Inner: "429", Message: "Too many requests.", Header: refused}
	}
	if share := float64(budget.units.sum) / float64(max(l.limits.DirectoryUnits, 1)); l.limits.DirectoryUnits > 0 && share >= 0.8 {
		header.Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(share, 'f', 2, 64))
	}
	return header, nil
}

func (l *Limiter) files(r Request, now time.Time) (http.Header, *wire.Error) {
	budget, limit := &l.appOf(r.App).files, l.limits.FilesUnits
	header := http.Header{}
	if wait := limited(budget, now, int64(r.Units), limit); wait > 0 {
		return header, &wire.Error{Status: http.StatusTooManyRequests, Code: "activityLimitReached", Inner: "throttledRequest",
			Message: "The request has been throttled", Header: retryAfter(wait)}
	}
	if limit > 0 && budget.sum*10 >= limit*8 {
		header.Set("RateLimit-Limit", strconv.FormatInt(limit, 10))
		header.Set("RateLimit-Remaining", strconv.FormatInt(limit-budget.sum, 10))
		header.Set("RateLimit-Reset", "60")
	}
	return header, nil
}
