package throttle_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// request counts one for a limit, or the thousandth part of it if it adds up bytes.
func request(limit throttle.Limit) (r throttle.Request, amount int64) {
	r = throttle.Request{Service: limit.Service, Class: limit.Class, App: "a", Mailbox: "m", Units: 1}
	switch limit.Measure {
	case throttle.Writes:
		r.Write = true
	case throttle.Received:
		r.Write, r.Size = true, limit.Amount/1000
		return r, r.Size
	case throttle.Sent:
		return r, limit.Amount / 1000
	case throttle.Units:
		if limit.Span > time.Hour {
			r.Units = 100 // a million of requests would take long
		}
		return r, int64(r.Units)
	case throttle.Requests, throttle.Concurrent:
	}
	return r, 1
}

// Each limit by itself lets in what is published, refuses what is more, and lets in again who
// waits for as long as it says.
func TestEveryLimitRefusesWhatIsMoreThanPublished(t *testing.T) {
	for _, limit := range throttle.Published(10, 10) {
		t.Run(limit.Name, func(t *testing.T) {
			limiter, now := throttle.New("tenant", []throttle.Limit{limit}), start
			r, amount := request(limit)
			var releases []func()
			used := int64(0)
			for ; used <= 2*limit.Amount; used += amount {
				release, _, refused := limiter.Admit(r, now)
				if refused != nil {
					break
				}
				releases = append(releases, release)
				limiter.Sent(r, amount, now)
			}
			if used > limit.Amount || used < limit.Amount-amount {
				t.Fatalf("%d let in instead of %d", used, limit.Amount)
			}
			_, _, refused := limiter.Admit(r, now)
			if refused == nil || refused.Status != 429 {
				t.Fatal("a second one is let in")
			}
			seconds, err := strconv.Atoi(refused.Header.Get("Retry-After"))
			if err != nil {
				t.Fatal(err)
			}
			for _, release := range releases {
				release()
			}
			if _, _, refused = limiter.Admit(r, now.Add(time.Duration(seconds)*time.Second)); refused != nil {
				t.Errorf("refused again after %d s", seconds)
			}
		})
	}
}

func TestLimitsGrowWithTheTenant(t *testing.T) {
	got := map[int][]int64{}
	for _, size := range []int{1, 49, 50, 500, 501, 1000, 1001, 5001, 15_001, 50_001} {
		for _, limit := range throttle.Published(size, size)[:4] {
			got[size] = append(got[size], limit.Amount)
		}
	}
	want := map[int][]int64{
		1: {3500, 1250, 1_200_000, 18_750}, 49: {3500, 1250, 1_200_000, 18_750}, 50: {5000, 1250, 1_200_000, 18_750},
		500: {5000, 1250, 1_200_000, 18_750}, 501: {8000, 1250, 1_200_000, 18_750}, 1000: {8000, 1250, 1_200_000, 18_750},
		1001: {8000, 2500, 2_400_000, 37_500}, 5001: {8000, 3750, 3_600_000, 56_250},
		15_001: {8000, 5000, 4_800_000, 75_000}, 50_001: {8000, 6250, 6_000_000, 93_750},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWindowsSlide(t *testing.T) {
	limit := throttle.Limit{Service: wire.Outlook, Scope: throttle.Mailbox, Measure: throttle.Requests, Span: 10 * time.Minute, Amount: 100}
	limiter := throttle.New("tenant", []throttle.Limit{limit})
	r, let := throttle.Request{Service: wire.Outlook, Mailbox: "m"}, 0
	for second := range 3600 { // one a second is ten times too many
		if _, _, refused := limiter.Admit(r, start.Add(time.Duration(second)*time.Second)); refused == nil {
			let++
		}
	}
	if let < 550 || let > 650 {
		t.Errorf("%d of 3600 were let in within an hour", let)
	}
}

func TestAMailboxHasFourTurns(t *testing.T) {
	limiter := throttle.New("tenant", throttle.Published(10, 10))
	request := throttle.Request{Service: wire.Outlook, App: "a", Mailbox: "m"}
	var releases []func()
	for range 4 {
		release, _, refused := limiter.Admit(request, start)
		if refused != nil {
			t.Fatal(refused)
		}
		releases = append(releases, release)
	}
	if _, _, refused := limiter.Admit(request, start); refused == nil {
		t.Error("a fifth one was let in")
	}
	other := request
	other.Mailbox = "n"
	if _, _, refused := limiter.Admit(other, start); refused != nil {
		t.Error("another mailbox is limited, too")
	}
	releases[0]()
	releases[0]()
	if _, _, refused := limiter.Admit(request, start); refused != nil {
		t.Error("a turn that was given back is not there")
	}
	if _, _, refused := limiter.Admit(request, start); refused == nil {
		t.Error("a turn that was given back twice counts twice")
	}
}

func TestDirectoryTellsWhatACallCostAndHowFullTheBudgetIs(t *testing.T) {
	limit := throttle.Limit{Name: throttle.DirectoryUnits, Service: wire.Directory, Scope: throttle.TenantApplication, Measure: throttle.Units, Span: 10 * time.Second, Amount: 10}
	limiter := throttle.New("tenant", []throttle.Limit{limit})
	request := throttle.Request{Service: wire.Directory, App: "a", Units: 1}
	for i := range 10 {
		_, header, refused := limiter.Admit(request, start)
		if refused != nil || header.Get("x-ms-resource-unit") != "1" {
			t.Fatalf("%v %v", refused, header)
		}
		if share := header.Get("x-ms-throttle-limit-percentage"); (share != "") != (i >= 7) {
			t.Errorf("request %d: %q", i, share)
		}
	}
	_, _, refused := limiter.Admit(request, start)
	if refused == nil || refused.Header.Get("x-ms-throttle-information") != "ResourceUnitLimitExceeded" ||
		refused.Header.Get("x-ms-throttle-scope") != "Tenant_Application/ReadWrite/a/tenant" {
		t.Errorf("%+v", refused)
	}
}

func TestFilesTellWhatIsLeftAndCountWhatTheyRefuse(t *testing.T) {
	limit := throttle.Limit{Name: throttle.FilesMinute, Service: wire.Files, Scope: throttle.TenantApplication, Measure: throttle.Units, Span: time.Minute, Amount: 100}
	limiter := throttle.New("tenant", []throttle.Limit{limit})
	request := throttle.Request{Service: wire.Files, App: "a", Units: 1}
	for i := range 100 {
		_, header, _ := limiter.Admit(request, start)
		if left := header.Get("RateLimit-Remaining"); i == 78 && left != "" || i == 79 && left != "20" {
			t.Errorf("request %d: %q left", i, left)
		}
	}
	for range 50 {
		limiter.Admit(request, start.Add(30*time.Second))
	}
	if _, header, refused := limiter.Admit(request, start.Add(61*time.Second)); refused != nil || header.Get("RateLimit-Remaining") != "" {
		t.Errorf("a minute later: %v %v", refused, header)
	}
	request.Units = 50
	if _, _, refused := limiter.Admit(request, start.Add(62*time.Second)); refused == nil {
		t.Error("what was refused did not count")
	}
}
