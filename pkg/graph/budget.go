package graph

import (
	"io"
	"net/http"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// budgeted pays for a call before it is sent. The slot is held until the body is closed, since a
// response that is still being read counts as a call in flight.
type budgeted struct {
	next    http.RoundTripper
	limiter *ratelimit.Limiter
	prices  prices
	host    string
	total   *Meter
}

func (t budgeted) RoundTrip(r *http.Request) (*http.Response, error) {
	if callOf(r.Context()).paid {
		return t.next.RoundTrip(r)
	}
	price := t.prices.of(r, t.host)
	price.Priority = priorityOf(r.Context())
	both := meters(r.Context(), t.total)
	price.Waits = func(blocked string, atMost time.Duration) {
		for _, m := range both {
			m.waiting.Store(&waiting{limitText(price, blocked), time.Now().Add(atMost)})
		}
	}
	permit, err := t.limiter.Acquire(r.Context(), price)
	if err != nil {
		return nil, err
	}
	for _, m := range both {
		m.waited.Add(int64(permit.Waited))
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		permit.Release()
		return nil, err
	}
	response.Body = &paidBody{response.Body, permit}
	return response, nil
}

// paidBody gives the slot back when it is closed.
type paidBody struct {
	io.ReadCloser
	permit *ratelimit.Permit
}

func (b *paidBody) Close() error {
	defer b.permit.Release()
	return b.ReadCloser.Close()
}
