package sim_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
)

func fixedClock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func (c *client) decode(text string) []byte {
	c.t.Helper()
	var content []byte
	if err := jsonBytes(text, &content); err != nil {
		c.t.Fatal(err)
	}
	return content
}

func TestScriptedAnswers(t *testing.T) {
	c, user := mailbox(t, 60)
	path := user + "/mailFolders/inbox/messages"
	route := "/users/{user}/mailFolders/{folder}/messages"
	for name, test := range map[string]struct {
		rule   object
		status int
		code   string
		header string
	}{
		"status with code":     {object{"action": "status", "status": 507, "code": "quotaLimitReached"}, 507, "quotaLimitReached", ""},
		"empty 503":            {object{"action": "status", "status": 503, "empty": true}, 503, "", ""},
		"a body of one's own":  {object{"action": "status", "status": 400, "body": object{"error": object{"code": "Odd", "message": ""}}}, 400, "Odd", ""},
		"429":                  {object{"action": "storm", "retryAfter": 7}, 429, "ApplicationThrottled", "7"},
		"429 without a hint":   {object{"action": "storm"}, 429, "ApplicationThrottled", ""},
		"an expired token":     {object{"action": "expired"}, 401, "InvalidAuthenticationToken", ""},
		"a status with header": {object{"action": "status", "status": 503, "headers": object{"Retry-After": "3"}}, 503, "UnknownError", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			test.rule["route"], test.rule["nth"] = route, 2
			c.fault(test.rule)
			c.do("GET", path, nil).want(200)
			got := c.do("GET", path, nil)
			if got.status != test.status || got.code() != test.code || got.header.Get("Retry-After") != test.header {
				t.Errorf("%d %s %q", got.status, got.code(), got.header.Get("Retry-After"))
			}
			c.do("GET", path, nil).want(200)
			c.do("DELETE", "/sim/faults", nil)
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	c, user := mailbox(t, 60)
	for _, action := range []string{"reset", "truncate"} {
		// Go's client itself repeats a request whose reused connection was cut, once.
		c.fault(object{"action": action, "route": "/users/{user}/messages", "times": map[string]int{"reset": 2, "truncate": 1}[action]})
		if got, err := c.try("GET", user+"/messages?$top=50", nil); err == nil {
			t.Errorf("%s: %d bytes arrived without an error", action, len(got.body))
		}
		c.do("GET", user+"/messages?$top=50", nil).want(200)
	}
	c.fault(object{"action": "slow", "delay": 5, "route": "/users/{user}/messages"})
	begin := time.Now()
	c.do("GET", user+"/messages?$top=50", nil).want(200)
	if took := time.Since(begin); took < 30*time.Millisecond {
		t.Errorf("a slow answer took %v", took)
	}
}

func TestADuplicatedPageComesTwice(t *testing.T) {
	c, user := mailbox(t, 60)
	c.fault(object{"action": "duplicate", "route": "/users/{user}/mailFolders/{folder}/messages/delta", "nth": 2})
	messages, _ := c.all(user+"/mailFolders/inbox/messages/delta?$select=id", "Prefer", "odata.maxpagesize=10")
	distinct := map[string]bool{}
	for _, m := range messages {
		distinct[m.text("id")] = true
	}
	if len(messages) != len(distinct)+10 {
		t.Errorf("%d items, %d distinct", len(messages), len(distinct))
	}
}

func TestFaultsAreForTheirUserOnly(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Mails: 5})
	one, two := c.user(0).text("id"), c.user(1).text("userPrincipalName")
	c.fault(object{"action": "status", "status": 500, "user": two, "times": -1})
	c.do("GET", "/users/"+one+"/messages", nil).want(200)
	if got := c.do("GET", "/users/"+two+"/messages", nil); got.status != 500 {
		t.Errorf("%d", got.status)
	}
	rules := c.do("GET", "/sim/faults", nil)
	if !strings.Contains(string(rules.body), `"hits": 1`) {
		t.Errorf("%s", rules.body)
	}
	if bad := c.do("POST", "/sim/faults", object{"action": "explode"}); bad.status != 400 {
		t.Errorf("an unknown action: %d", bad.status)
	}
}

func TestQuirks(t *testing.T) {
	c, user := mailbox(t, 300)
	delta := user + "/mailFolders/inbox/messages/delta?$select=id,isRead"
	known, link := c.all(delta, "Prefer", immutable, "Prefer", "odata.maxpagesize=50")
	on := func(quirk string) {
		c.do("DELETE", "/sim/faults", nil)
		c.fault(object{"quirk": quirk})
	}
	on("full-mailbox")
	if got := c.do("GET", delta, nil); got.status != 403 || got.code() != "ErrorQuotaExceeded" {
		t.Errorf("full mailbox: %d %s", got.status, got.code())
	}
	c.do("GET", user+"/mailFolders/inbox/messages", nil).want(200)
	on("large-page")
	if got := c.do("GET", delta, nil, "Prefer", "odata.maxpagesize=100"); got.status != 503 || len(got.body) != 0 {
		t.Errorf("large page: %d %s", got.status, got.body)
	}
	c.do("GET", delta, nil, "Prefer", "odata.maxpagesize=50").want(200)
	on("sparse-read-state")
	c.do("PATCH", user+"/messages/"+known[0].text("id"), object{"isRead": known[0]["isRead"] != true}).want(200)
	if changes, _ := c.all(link, "Prefer", immutable); len(changes) != 1 || len(changes[0]) != 3 {
		t.Errorf("sparse read state: %v", changes)
	}
	on("twice-after-move")
	moved := c.do("GET", user+"/mailFolders/archive/messages?$top=1&$select=id", nil).want(200).items()[0].text("id")
	c.do("POST", user+"/messages/"+moved+"/move", object{"destinationId": "inbox"}).want(201)
	if changes, _ := c.all(link); len(changes) != 3 {
		t.Errorf("twice after move: %d changes", len(changes))
	}
	on("control-characters")
	if got := c.do("GET", user+"/mailFolders/inbox/messages?$top=1", nil); !strings.Contains(string(got.body), "\x0b") {
		t.Error("no control character")
	}
	on("mailbox-concurrent")
	if got := c.parallel(6, user+"/messages"); got[http.StatusTooManyRequests] == 0 {
		t.Errorf("mailbox concurrency: %v", got)
	}
}

// parallel asks so many times at once and counts the answers by status.
func (c *client) parallel(n int, path string) map[int]int {
	c.t.Helper()
	c.do("POST", "/sim/settings", object{"latency": "100ms"}).want(200)
	var mu sync.Mutex
	var running sync.WaitGroup
	got := map[int]int{}
	for range n {
		running.Go(func() {
			answer, err := c.try("GET", path, nil)
			if err != nil {
				c.t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			got[answer.status]++
		})
	}
	running.Wait()
	return got
}

func TestPublishedLimitsOfAMailbox(t *testing.T) {
	c := start(t, sim.Config{Users: 2, Mails: 10, Throttle: true})
	user := "/users/" + c.user(0).text("id")
	got := c.parallel(8, user+"/messages")
	if got[200] != 4 || got[429] != 4 {
		t.Errorf("eight at once: %v", got)
	}
	c.do("GET", user+"/messages", nil).want(200)
}

func TestAnswersArePackedAndNamed(t *testing.T) {
	c, user := mailbox(t, 60)
	got := c.do("GET", user+"/messages?$top=20", nil, "client-request-id", "my-id", "Accept-Encoding", "gzip")
	if got.header.Get("Content-Encoding") != "gzip" || got.header.Get("client-request-id") != "my-id" || got.header.Get("request-id") == "" {
		t.Errorf("%v", got.header)
	}
	packed := gzipped(t, []byte(`{"subject":"packed"}`))
	made := c.do("POST", user+"/messages", packed, "Content-Encoding", "gzip").want(201)
	if made.text("subject") != "packed" {
		t.Errorf("%v", made)
	}
}
