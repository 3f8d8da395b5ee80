package graphtest

import (
	"net/http"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
)

// priced fails the test that sends Graph a call without a price: whatever the client can send some test sends.
type priced struct {
	next http.RoundTripper
	host string
	t    testing.TB
}

func (p priced) RoundTrip(r *http.Request) (*http.Response, error) {
	own := r.Header.Get("Authorization") != "" // what goes without a token is paid for as the call that led to it
	if own && r.URL.Host == p.host && !graph.Priced(r.Method, r.URL) {
		p.t.Errorf("%s %s has no price in pkg/ratelimit/published/limits.json", r.Method, r.URL.Path)
	}
	return p.next.RoundTrip(r)
}
