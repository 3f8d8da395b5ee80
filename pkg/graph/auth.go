package graph

import (
	"context"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// renewBefore is how long before its end a token is asked for anew. Whoever issues it may still
// answer with the same one; then it is used until close to its end.
const renewBefore = 5 * time.Minute

// authorised adds the token to calls to Graph's own host, and answers a challenge of Continuous
// Access Evaluation once: https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
type authorised struct {
	next   http.RoundTripper
	tokens Tokens
	host   string
	agent  string

	mu     sync.Mutex // held while a token is fetched, so that one call fetches for all
	token  string
	usable time.Time
}

func (t *authorised) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("User-Agent", t.agent)
	if callOf(r.Context()).anonymous || r.URL.Host != t.host {
		r.Header.Del("Authorization")
		return t.next.RoundTrip(r)
	}
	token, err := t.current(r.Context())
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := t.next.RoundTrip(r)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	fresh, err := t.challenged(r.Context(), token, claimsOf(response.Header))
	if err != nil || fresh == token {
		return response, nil // the refusal says more than the failure to get another token
	}
	again, err := rewound(r)
	if err != nil {
		return response, nil
	}
	drain(response.Body)
	again.Header.Set("Authorization", "Bearer "+fresh)
	return t.next.RoundTrip(again)
}

func (t *authorised) current(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.usable) {
		return t.token, nil
	}
	return t.fetch(ctx, "")
}

// challenged returns another token than the refused one, unless somebody fetched one meanwhile.
func (t *authorised) challenged(ctx context.Context, refusedToken, claims string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != refusedToken {
		return t.token, nil
	}
	return t.fetch(ctx, claims)
}

func (t *authorised) fetch(ctx context.Context, claims string) (string, error) {
	token, expires, err := t.tokens.Token(ctx, claims)
	if err != nil {
		return "", fault.Wrap("get token", err)
	}
	life := time.Until(expires)
	t.token, t.usable = token, time.Now().Add(max(life-renewBefore, life/2))
	return token, nil
}

var claimsParameter = regexp.MustCompile(`claims="([^"]+)"`)

// claimsOf returns the JSON of a claims challenge, or "".
func claimsOf(h http.Header) string {
	for _, challenge := range h.Values("WWW-Authenticate") {
		found := claimsParameter.FindStringSubmatch(challenge)
		if found == nil {
			continue
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if claims, err := encoding.DecodeString(strings.TrimRight(found[1], "=")); err == nil {
				return string(claims)
			}
		}
	}
	return ""
}
