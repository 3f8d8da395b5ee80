package graph

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfterDoesNotTrustThisMachinesClock(t *testing.T) {
	sent := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	date := func(at time.Time) string { return at.Format(http.TimeFormat) }
	for _, test := range []struct {
		header http.Header
		now    time.Time
		want   time.Duration
	}{
		{http.Header{"Retry-After": {"2.128"}}, sent, 2128 * time.Millisecond},
		{http.Header{"Retry-After": {"5"}, "Ratelimit-Reset": {"30"}}, sent, 30 * time.Second},
		{http.Header{"Retry-After": {date(sent.Add(20 * time.Second))}, "Date": {date(sent)}}, sent.Add(time.Hour), 20 * time.Second},
		{http.Header{"Retry-After": {date(sent.Add(20 * time.Second))}, "Date": {date(sent)}}, sent.Add(-time.Hour), 20 * time.Second},
	} {
		if wait, ok := retryAfter(test.header, test.now); !ok || wait != test.want {
			t.Errorf("%v: %s, not %s", test.header, wait, test.want)
		}
	}
}
