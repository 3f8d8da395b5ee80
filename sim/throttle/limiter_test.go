package throttle_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/throttle"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestWhoHonoursRetryAfterIsLetIn(t *testing.T) {
	for name, test := range map[string]struct {
		limits  throttle.Limits
		request throttle.Request
	}{
		"requests of a mailbox": {throttle.Limits{MailboxRequests: 100}, throttle.Request{Service: wire.Outlook, Mailbox: "m", Units: 1}},
		"upload to a mailbox":   {throttle.Limits{MailboxUpload: 100_000}, throttle.Request{Service: wire.Outlook, Mailbox: "m", Write: true, Size: 1000}},
		"units of directory":    {throttle.Limits{DirectoryUnits: 200}, throttle.Request{Service: wire.Directory, Units: 2}},
		"writes of directory":   {throttle.Limits{DirectoryWrites: 100}, throttle.Request{Service: wire.Directory, Units: 1, Write: true}},
		"units of files":        {throttle.Limits{FilesUnits: 100}, throttle.Request{Service: wire.Files, Units: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			limiter, now := throttle.New("tenant", test.limits), start
			for i := range 100 {
				release, _, refused := limiter.Admit(test.request, now)
				if refused != nil {
					t.Fatalf("request %d: %v", i, refused)
				}
				release()
				now = now.Add(time.Millisecond)
			}
			_, _, refused := limiter.Admit(test.request, now)
			if refused == nil || refused.Status != 429 {
				t.Fatal("nothing is refused above the limit")
			}
			seconds, err := strconv.Atoi(refused.Header.Get("Retry-After"))
			if err != nil {
				t.Fatal(err)
			}
			if _, _, refused = limiter.Admit(test.request, now.Add(time.Duration(seconds)*time.Second)); refused != nil {
				t.Errorf("refused again after %d s", seconds)
			}
		})
	}
}

func TestAMailboxHasFourTurns(t *testing.T) {
	limiter := throttle.New("tenant", throttle.Published(10))
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
	limiter := throttle.New("tenant", throttle.Limits{DirectoryUnits: 10})
	for i := range 10 {
		_, header, refused := limiter.Admit(throttle.Request{Service: wire.Directory, App: "a", Units: 1}, start)
		if refused != nil || header.Get("x-ms-resource-unit") != "1" {
			t.Fatalf("%v %v", refused, header)
		}
		if share := header.Get("x-ms-throttle-limit-percentage"); (share != "") != (i >= 7) {
			t.Errorf("request %d: %q", i, share)
		}
	}
	_, _, refused := limiter.Admit(throttle.Request{Service: wire.Directory, App: "a", Units: 1}, start)
	if refused == nil || refused.Header.Get("x-ms-throttle-information") != "ResourceUnitLimitExceeded" {
		t.Errorf("%+v", refused)
	}
}
