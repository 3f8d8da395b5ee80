package graph

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func (c Config) withDefaults() Config {
	if c.Ledger == nil {
		c.Ledger = ratelimit.NewMemory()
	}
	if c.Holder == "" {
		c.Holder = rand.Text()
	}
	if c.UserAgent == "" {
		c.UserAgent = UserAgent("dev")
	}
	if c.Patience == 0 {
		c.Patience = 2 * time.Minute
	}
	if c.Transport == nil {
		c.Transport = NewTransport()
	}
	if c.Tracer == nil {
		c.Tracer = noop.NewTracerProvider()
	}
	if c.Propagator == nil {
		c.Propagator = propagation.NewCompositeTextMapPropagator()
	}
	return c
}

// NewTransport returns the transport that suits Graph: many mailboxes at once, each with four calls in flight.
// One for the whole process keeps connections shared.
func NewTransport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns = 512
	transport.MaxIdleConnsPerHost = 128
	transport.DisableCompression = true               // unpacked does it, and counts what came over the wire
	transport.ResponseHeaderTimeout = 2 * time.Minute // Graph itself gives up after 100 s
	transport.ReadBufferSize = 64 << 10
	transport.WriteBufferSize = 64 << 10
	return transport
}

func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	return u.Host
}
