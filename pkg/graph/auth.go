package graph

import (
	"context"
	"encoding/base64"
	"fmt"
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

// authorised adds the token to calls to Graph's own host. A refusal it answers once with another token,
// which satisfies the challenge if there is one (Continuous Access Evaluation):
// https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
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
	fresh, err := t.another(r.Context(), token, claimsOf(response.Header))
	if err != nil || fresh == token {
		return response, nil // the refusal says more than the failure to get another token
	}
	again, err := rewound(r)
	if err != nil {
		return response, nil
	}
	drain(response.Body)
	again.Header.Set("Authorization", "Bearer "+fresh)
	response, err = t.next.RoundTrip(again)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	return nil, refusedTwice(response)
}

// refusedTwice says that it is not the age of a token that Graph minds.
func refusedTwice(response *http.Response) error {
	return fault.As(fault.Unauthentic, "", fmt.Errorf("a new token is refused like the one before: %w", readRefusal(response)),
		fault.Reason("GRAPH_TOKEN_REFUSED"),
		fault.Next("run the connection test, and check in the tenant that the application is enabled, that its consent stands and that no Conditional Access policy blocks it"))
}

func (t *authorised) current(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Now().Before(t.usable) {
		return t.token, nil
	}
	return t.keep(t.tokens.Token(ctx, ""))
}

// another returns another token than the refused one, which somebody may have fetched meanwhile.
func (t *authorised) another(ctx context.Context, refusedToken, claims string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != refusedToken {
		return t.token, nil
	}
	if renewer, ok := t.tokens.(Renewer); ok && claims == "" {
		return t.keep(renewer.Renew(ctx, refusedToken))
	}
	return t.keep(t.tokens.Token(ctx, claims))
}

func (t *authorised) keep(token string, expires time.Time, err error) (string, error) {
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
