package graph

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Tokens issues access tokens for the tenant's Graph. claims is empty, or the JSON of a challenge
// that the new token has to satisfy (then a cached token will not do).
type Tokens interface {
	Token(ctx context.Context, claims string) (token string, expires time.Time, err error)
}

// Renewer is a [Tokens] that keeps tokens, and so would give out one again that Graph has refused without a
// challenge: revoked, for example, or issued before the application's permissions changed.
type Renewer interface {
	// Renew returns another token than the refused one. The same one means that no other is to be had now.
	Renew(ctx context.Context, refused string) (token string, expires time.Time, err error)
}

// Config is what a client needs. Cloud, Connection and Tokens have no default.
type Config struct {
	Cloud      m365.Cloud
	Tenant     m365.TenantID
	Connection m365.ConnectionID
	Tokens     Tokens
	Ledger     ratelimit.Ledger  // default: a ledger of this process alone
	Holder     string            // names this process in the ledger; default: random
	UserAgent  string            // default [UserAgent]("dev")
	Patience   time.Duration     // longest wait for budget before a call fails as Throttled; default 2 minutes
	Size       Size              // of the tenant: decides its limits; default: the smallest class
	Transport  http.RoundTripper // default: [NewTransport]
	Tracer     trace.TracerProvider
	Propagator propagation.TextMapPropagator // writes the trace into requests; default: none
}

// UserAgent is how Microsoft wants an application to name itself, so that its traffic is
// prioritised: https://learn.microsoft.com/en-us/sharepoint/dev/general-development/how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online
func UserAgent(version string) string { return "ISV|Tenantkeep|Tenantkeep/" + version }

// Client calls Graph for one connection. It may be used concurrently. Close it when its calls are over.
type Client struct {
	config    Config
	transport http.RoundTripper
	limiter   *ratelimit.Limiter
	prices    prices
	meter     Meter
}

// New returns a client; it makes no call yet.
func New(config Config) *Client {
	config = config.withDefaults()
	c := &Client{
		config:  config,
		limiter: ratelimit.NewLimiter(ratelimit.Config{Ledger: config.Ledger, Connection: config.Connection, Holder: config.Holder, Patience: config.Patience}),
		prices:  pricesFor(config.Size),
	}
	host := hostOf(config.Cloud.Graph)
	var chain http.RoundTripper = unpacked{next: config.Transport}
	chain = counted{next: chain, total: &c.meter}
	chain = budgeted{next: chain, limiter: c.limiter, prices: c.prices, host: host, total: &c.meter}
	chain = &authorised{next: chain, tokens: config.Tokens, host: host, agent: config.UserAgent}
	chain = retried{next: chain, limiter: c.limiter, prices: c.prices, host: host, patience: config.Patience, total: &c.meter}
	chain = redirected{next: chain}
	chain = refused{next: chain}
	c.transport = traced{next: chain, tracer: config.Tracer.Tracer(tracerName), propagator: config.Propagator}
	return c
}

// Close gives unused budget back. No call may be under way.
func (c *Client) Close() { c.limiter.Close() }

// HTTP returns an http.Client over the whole chain, for libraries that bring their own requests.
// Refusals come out of it as errors, not as responses.
func (c *Client) HTTP() *http.Client {
	return &http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Base is the root of the API version in use, without a trailing slash.
func (c *Client) Base() string { return c.config.Cloud.Graph + "/v1.0" }

// Meter counts everything that the client did. See [WithMeter] for counting one piece of work.
func (c *Client) Meter() *Meter { return &c.meter }

// Budgets is what the ledger says of the connection.
func (c *Client) Budgets(ctx context.Context) ([]ratelimit.Usage, error) {
	return c.limiter.Report(ctx)
}
