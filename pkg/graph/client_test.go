package graph

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// issuer hands out numbered tokens and remembers the claims it was asked for.
type issuer struct {
	mu     sync.Mutex
	issued int
	claims []string
}

func (i *issuer) Token(_ context.Context, claims string) (string, time.Time, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.issued++
	i.claims = append(i.claims, claims)
	return fmt.Sprintf("token-%d", i.issued), time.Now().Add(time.Hour), nil
}

// script answers the n-th request (from 0) to a server of its own.
func script(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) (*Client, *issuer, *httptest.Server) {
	t.Helper()
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(int(n.Add(1)-1), w, r)
	}))
	t.Cleanup(server.Close)
	tokens := &issuer{}
	client := New(Config{Cloud: m365.Simulated(server.URL), Connection: "c", Tokens: tokens, Patience: 5 * time.Second})
	t.Cleanup(client.Close)
	return client, tokens, server
}

func get(t *testing.T, c *Client) (string, error) {
	t.Helper()
	body, err := c.Bytes(t.Context(), Request{Name: "get user", Path: "/users/u"})
	return string(body), err
}

func TestCallsCarryTokenAgentAndVersion(t *testing.T) {
	client, tokens, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Path, " ", r.Header.Get("Authorization"), " ", r.Header.Get("User-Agent"))
	})
	for range 3 {
		if got, err := get(t, client); err != nil || got != "/v1.0/users/u Bearer token-1 ISV|Tenantkeep|Tenantkeep/dev" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if tokens.issued != 1 {
		t.Errorf("%d tokens", tokens.issued)
	}
}

func TestChallengeIsAnsweredOnce(t *testing.T) {
	challenge := base64.StdEncoding.EncodeToString([]byte(`{"access_token":{"nbf":{"essential":true}}}`))
	refuse := func(w http.ResponseWriter) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="", error="insufficient_claims", claims="`+challenge+`"`)
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"InvalidAuthenticationToken","message":"Continuous access evaluation resulted in challenge"}}`)
	}
	client, tokens, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer token-1" {
			refuse(w)
			return
		}
		fmt.Fprint(w, "ok")
	})
	if got, err := get(t, client); got != "ok" || tokens.claims[1] != `{"access_token":{"nbf":{"essential":true}}}` {
		t.Errorf("%q, %v, claims %q", got, err, tokens.claims)
	}

	var requests atomic.Int64
	client, _, _ = script(t, func(_ int, w http.ResponseWriter, _ *http.Request) { requests.Add(1); refuse(w) })
	if _, err := get(t, client); !fault.Is(err, fault.Unauthentic) || requests.Load() != 2 {
		t.Errorf("%v after %d requests", err, requests.Load())
	}
}

// keeper gives out the same token until it is told that it was refused, as whoever keeps tokens does.
type keeper struct {
	mu      sync.Mutex
	renewed int
	refused []string
}

func (k *keeper) Token(context.Context, string) (string, time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return fmt.Sprintf("token-%d", k.renewed), time.Now().Add(time.Hour), nil
}

func (k *keeper) Renew(ctx context.Context, refused string) (string, time.Time, error) {
	k.mu.Lock()
	k.renewed++
	k.refused = append(k.refused, refused)
	k.mu.Unlock()
	return k.Token(ctx, "")
}

// refusing answers every token but one with a plain 401, and returns the tokens that it saw.
func refusing(t *testing.T, accepted string, tokens Tokens) (seen []string, err error) {
	t.Helper()
	_, _, server := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		seen = append(seen, token)
		if token == accepted {
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"code":"InvalidAuthenticationToken","message":"Access token has been revoked."}}`)
	})
	client := New(Config{Cloud: m365.Simulated(server.URL), Connection: "c", Tokens: tokens})
	t.Cleanup(client.Close)
	_, err = get(t, client)
	return seen, err
}

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	tokens := &keeper{}
	seen, err := refusing(t, "token-1", tokens)
	if err != nil || fmt.Sprint(seen) != "[token-0 token-1]" || fmt.Sprint(tokens.refused) != "[token-0]" {
		t.Errorf("tokens %v, refused %v, %v", seen, tokens.refused, err)
	}
}

func TestTheErrorSaysThatANewTokenIsRefusedToo(t *testing.T) {
	seen, err := refusing(t, "another", &keeper{})
	if fmt.Sprint(seen) != "[token-0 token-1]" || !fault.Is(err, fault.Unauthentic) || fault.ReasonOf(err) != "GRAPH_TOKEN_REFUSED" {
		t.Errorf("tokens %v, %v", seen, err)
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "a new token is refused like the one before") || !strings.Contains(fault.NextOf(err), "consent") {
		t.Errorf("%v; next: %s", err, fault.NextOf(err))
	}
}

func TestTokenIsSentToGraphOnly(t *testing.T) {
	var leaked atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") != "")
		fmt.Fprint(w, "content")
	}))
	t.Cleanup(elsewhere.Close)
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/download", http.StatusFound)
	})
	if got, err := get(t, client); got != "content" || leaked.Load() {
		t.Errorf("%q, %v, token leaked: %t", got, err, leaked.Load())
	}
	if _, err := client.Bytes(t.Context(), Request{Path: elsewhere.URL + "/link"}); err != nil || leaked.Load() {
		t.Errorf("%v, token leaked: %t", err, leaked.Load())
	}
}

func TestRetryAfterIsObeyedByEverybody(t *testing.T) {
	client, _, _ := script(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			w.Header().Set("Retry-After", "0.7") // Graph writes fractions
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, "ok")
	})
	start := time.Now()
	if got, err := get(t, client); got != "ok" || time.Since(start) < 700*time.Millisecond {
		t.Errorf("%q, %v after %s", got, err, time.Since(start))
	}
	counts := client.Meter().Read()
	if counts.Requests != 2 || counts.Throttled != 1 || counts.Retried != 1 {
		t.Errorf("%+v", counts)
	}
	if usage, err := client.Budgets(t.Context()); err != nil || usage[0].Scope != "directory" || usage[0].Pace != 50 {
		t.Errorf("%+v, %v", usage, err)
	}
}

func TestLongRetryAfterFreesTheWorker(t *testing.T) {
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err := get(t, client)
	if !fault.Is(err, fault.Throttled) || fault.RetryAfterOf(err) != 2*time.Minute {
		t.Errorf("%v, after %s", err, fault.RetryAfterOf(err))
	}
	if _, err = get(t, client); fault.ReasonOf(err) != "BUDGET_SPENT" {
		t.Errorf("a call inside the cool-down: %v", err)
	}
}

func TestPassingTroubleIsRetriedWhereThatIsSafe(t *testing.T) {
	for _, test := range []struct {
		request Request
		want    int64
	}{
		{Request{Path: "/users/u"}, 2},
		{Request{Method: http.MethodPatch, Path: "/users/u", Body: []byte(`{}`)}, 2},
		{Request{Method: http.MethodPost, Path: "/users", Body: []byte(`{}`)}, 1},
		{Request{Method: http.MethodPost, Path: "/users", Body: []byte(`{"a":1}`), Repeatable: true}, 2},
	} {
		var bodies []string
		client, _, _ := script(t, func(n int, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			if n == 0 {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		_, err := client.Bytes(t.Context(), test.request)
		if int64(len(bodies)) != test.want || (err == nil) != (test.want == 2) || bodies[0] != string(test.request.Body) || bodies[len(bodies)-1] != bodies[0] {
			t.Errorf("%s %s: %q, %v", test.request.Method, test.request.Path, bodies, err)
		}
	}
}

// TestWhatHasNoHopeCostsOneCall answers with the 500 that Exchange has for items that it cannot read.
func TestWhatHasNoHopeCostsOneCall(t *testing.T) {
	var requests atomic.Int64
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("request-id", "r1")
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"error":{"code":"ErrorCannotOpenFileAttachment","message":"OLE conversion failed"}}`)
	})
	_, err := get(t, client)
	var refusal *Refusal
	if requests.Load() != 1 || fault.ReasonOf(err) != "GRAPH_CORRUPT" || !errors.As(err, &refusal) || refusal.Message != "OLE conversion failed" {
		t.Errorf("%d requests, %v", requests.Load(), err)
	}
}

func TestResetIsRetried(t *testing.T) {
	client, _, _ := script(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n == 0 {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, "ok")
	})
	if got, err := get(t, client); got != "ok" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEndOfTheContextIsNotGraphsFault(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
		w.WriteHeader(http.StatusBadGateway)
	})
	if _, err := client.Bytes(ctx, Request{Path: "/users/u"}); !fault.Is(err, fault.Cancelled) {
		t.Errorf("%v", err)
	}
}

func TestRefusalKeepsTheRequestID(t *testing.T) {
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("request-id", "r-1")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges."}}`)
	})
	_, err := get(t, client)
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.RequestID != "r-1" || !fault.Is(err, fault.Permission) {
		t.Fatalf("%v", err)
	}
	if got := err.Error(); got != "get user: Graph answers 403 Authorization_RequestDenied: Insufficient privileges (request r-1)" {
		t.Error(got)
	}
}

func TestCompressedBodiesAreUnpackedAndCountedPacked(t *testing.T) {
	plain := strings.Repeat("abc", 10_000)
	client, _, _ := script(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("accepts %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		_, _ = io.WriteString(packed, plain)
		_ = packed.Close()
	})
	var own Meter
	body, err := client.Bytes(WithMeter(t.Context(), &own), Request{Path: "/users/u"})
	if err != nil || string(body) != plain {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	if counts := own.Read(); counts.Requests != 1 || counts.Received == 0 || counts.Received > 1000 {
		t.Errorf("%+v", counts)
	}
}

func TestSpansNameTheCallAndNobody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("traceparent"))
	}))
	t.Cleanup(server.Close)
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	client := New(Config{Cloud: m365.Simulated(server.URL), Connection: "c", Tokens: &issuer{}, Tracer: provider, Propagator: propagation.TraceContext{}})
	t.Cleanup(client.Close)
	parent, err := client.Bytes(t.Context(), Request{Name: "list messages", Path: "/users/anna@contoso.com/messages"})
	if err != nil || len(parent) == 0 {
		t.Fatalf("traceparent %q, %v", parent, err)
	}
	if _, err := client.Bytes(t.Context(), Request{Path: "/users/7a9d3f52-0000-4c55-9d0f-2f6a4c1e9b70/mailFolders/AAMkAD=/messages/delta()"}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, span := range recorder.Ended() {
		names = append(names, span.Name())
	}
	if got := fmt.Sprint(names); got != "[graph list messages graph GET users/mailFolders/messages/delta()]" {
		t.Error(got)
	}
}
