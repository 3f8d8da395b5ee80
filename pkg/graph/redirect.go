package graph

import (
	"net/http"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// maxRedirects is what Microsoft's own clients follow.
const maxRedirects = 5

// redirected follows redirects. Each hop is priced and authorised by itself further in, so the
// token is never sent to another host.
type redirected struct{ next http.RoundTripper }

func (t redirected) RoundTrip(r *http.Request) (*http.Response, error) {
	for hop := 0; ; hop++ {
		response, err := t.next.RoundTrip(r)
		if err != nil || callOf(r.Context()).stay || !isRedirect(response) {
			return response, err
		}
		drain(response.Body)
		if hop == maxRedirects {
			return nil, fault.New(fault.Transient, "follow redirect", "Graph redirects in a circle", fault.Reason("GRAPH_REDIRECTS"))
		}
		if r, err = follow(r, response); err != nil {
			return nil, err
		}
	}
}

func isRedirect(r *http.Response) bool {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Header.Get("Location") != ""
	default:
		return false
	}
}

func follow(r *http.Request, response *http.Response) (*http.Request, error) {
	target, err := r.URL.Parse(response.Header.Get("Location"))
	if err != nil {
		return nil, fault.New(fault.Transient, "follow redirect", "the address is none", fault.Reason("GRAPH_REDIRECTS"))
	}
	again, err := rewound(r)
	if err != nil {
		return nil, err
	}
	if again.URL.Host != target.Host {
		again.Header.Del("Authorization")
	}
	again.URL, again.Host = target, target.Host
	return again, nil
}
