package sim_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim"
)

// unbudgeted is a client that asks until it is refused, with a clock that only moves if it says so.
type unbudgeted struct {
	*client
	now time.Time
}

func startUnbudgeted(t *testing.T) *unbudgeted {
	u := &unbudgeted{now: fixedClock()}
	u.client = start(t, sim.Config{Users: 3, Mails: 1, Files: 1, Seed: 7, Throttle: true, Now: func() time.Time { return u.now }})
	return u
}

// until counts the answers before the first 429, with so much time between two requests.
func (u *unbudgeted) until(most int, pause time.Duration, method, path string, body []byte) (answered int, refused *httptest.ResponseRecorder) {
	u.t.Helper()
	for range most {
		u.now = u.now.Add(pause)
		request := httptest.NewRequest(method, "/v1.0"+path, bytes.NewReader(body))
		request.Header.Set("Authorization", "Bearer "+u.token)
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		u.tenant.ServeHTTP(recorder, request)
		switch {
		case recorder.Code == 429:
			return answered, recorder
		case recorder.Code >= 400 && recorder.Code != 404:
			u.t.Fatalf("%s %s: %d %s", method, path, recorder.Code, recorder.Body)
		}
		answered++
	}
	return answered, nil
}

func TestAnUnbudgetedClientIsRefusedAtEachPublishedNumber(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 3<<20-100)
	for name, test := range map[string]struct {
		method, path string
		body         []byte
		pause        time.Duration
		want         int
		code         string
	}{
		"requests of a mailbox":          {"GET", "/users/{user}/mailFolders/drafts", nil, 0, 10_000, "ApplicationThrottled"},
		"upload to a mailbox":            {"POST", "/users/{user}/messages/none/permanentDelete", large, 0, 150 << 20 / len(large), "ApplicationThrottled"},
		"units of directory, one each":   {"GET", "/groups?$top=100", nil, 0, 3500, "TooManyRequests"},
		"units of directory, two each":   {"GET", "/users?$top=100", nil, 0, 1750, "TooManyRequests"},
		"units of directory, $select":    {"GET", "/users?$top=100&$select=id", nil, 0, 3500, "TooManyRequests"},
		"writes of directory":            {"PATCH", "/users/{user}", []byte(`{"jobTitle":"x"}`), 0, 3000, "TooManyRequests"},
		"units of files, one each":       {"GET", "/drives/{drive}/root", nil, 0, 1250, "activityLimitReached"},
		"units of files, delta":          {"GET", "/drives/{drive}/root/delta", nil, 0, 625, "activityLimitReached"},
		"units of files, delta by token": {"GET", "/drives/{drive}/root/delta?token=latest", nil, 0, 1250, "activityLimitReached"},
		"units of files, permissions":    {"GET", "/drives/{drive}/items/root/permissions", nil, 0, 250, "activityLimitReached"},
		"sharing":                        {"POST", "/drives/{drive}/root:/Documents:/createLink", []byte(`{"type":"view"}`), 500 * time.Millisecond, 300, "activityLimitReached"},
		"lists of subscriptions":         {"GET", "/subscriptions", nil, 0, 25, "TooManyRequests"},
		"reads of a subscription":        {"GET", "/subscriptions/{none}", nil, 0, 500, "TooManyRequests"},
	} {
		t.Run(name, func(t *testing.T) {
			u := startUnbudgeted(t)
			path := u.fill(test.path)
			answered, refused := u.until(test.want+1, test.pause, test.method, path, test.body)
			if refused == nil || answered < test.want-1 || answered > test.want {
				t.Fatalf("%d answered, %d are published", answered, test.want)
			}
			got := answer{t, refused.Code, refused.Header(), refused.Body.Bytes()}
			if got.code() != test.code || got.header.Get("Retry-After") == "" {
				t.Errorf("%s, Retry-After %q", got.body, got.header.Get("Retry-After"))
			}
		})
	}
}

// fill puts the second user, whom nobody has asked about yet, into a path.
func (u *unbudgeted) fill(path string) string {
	user := u.tenant.Directory.People()[1]
	return strings.NewReplacer("{user}", user.ID, "{drive}", u.tenant.Drives.ID(user.ID)).Replace(path)
}
