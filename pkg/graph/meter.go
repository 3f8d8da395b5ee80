package graph

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// Meter counts what work costs. The zero value is ready; it may be shared by goroutines.
type Meter struct {
	requests, batched, throttled, retried, sent, received, waited atomic.Int64

	waiting atomic.Pointer[waiting]
}

// waiting is what a call was last told to wait for.
type waiting struct {
	limit string
	until time.Time
}

// Counts is a reading of a meter.
type Counts struct {
	Requests  int64 // sent, retries included; a batch is one
	Batched   int64 // calls inside batches
	Throttled int64 // answers of 429, or 503 with Retry-After
	Retried   int64
	Sent      int64         // bytes of bodies
	Received  int64         // bytes of bodies, as they came over the wire
	Waited    time.Duration // for budget, all calls together
	Limit     string        // that calls wait for at this moment, such as "SharePoint's 1,250 units a minute"; empty if none does
}

// Read returns what was counted so far.
func (m *Meter) Read() Counts {
	counts := Counts{
		Requests:  m.requests.Load(),
		Batched:   m.batched.Load(),
		Throttled: m.throttled.Load(),
		Retried:   m.retried.Load(),
		Sent:      m.sent.Load(),
		Received:  m.received.Load(),
		Waited:    time.Duration(m.waited.Load()),
	}
	if w := m.waiting.Load(); w != nil && time.Now().Before(w.until) {
		counts.Limit = w.limit
	}
	return counts
}

type meterKey struct{}

// WithMeter lets the calls made under ctx count in meter too.
func WithMeter(ctx context.Context, meter *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, meter)
}

// meters returns the client's meter and that of ctx.
func meters(ctx context.Context, total *Meter) []*Meter {
	if own, ok := ctx.Value(meterKey{}).(*Meter); ok {
		return []*Meter{total, own}
	}
	return []*Meter{total}
}

// counted counts requests as they are sent and bytes as they pass.
type counted struct {
	next  http.RoundTripper
	total *Meter
}

func (t counted) RoundTrip(r *http.Request) (*http.Response, error) {
	both := meters(r.Context(), t.total)
	for _, m := range both {
		m.requests.Add(1)
		m.sent.Add(max(r.ContentLength, 0))
	}
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if throttled(response) {
		for _, m := range both {
			m.throttled.Add(1)
		}
	}
	response.Body = &countedBody{ReadCloser: response.Body, meters: both}
	return response, nil
}

// countedBody adds up what came over the wire once the body is closed.
type countedBody struct {
	io.ReadCloser
	meters []*Meter
	closed bool
}

func (b *countedBody) Close() error {
	err := b.ReadCloser.Close()
	if b.closed {
		return err
	}
	b.closed = true
	for _, m := range b.meters {
		m.received.Add(wireBytes(b.ReadCloser))
	}
	return err
}

func wireBytes(body io.ReadCloser) int64 {
	switch b := body.(type) {
	case *gzipBody:
		return wireBytes(b.packed)
	case *watchedBody:
		return b.read
	default:
		return 0
	}
}
