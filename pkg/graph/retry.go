package graph

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// How often a call is tried, and how long apart. A 429 costs nothing but patience, so it is tried
// more often; longer trouble is for the job to sit out, which then frees its worker.
const (
	maxAttempts  = 4
	maxThrottled = 10
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// retried sends a call again where that can help and do no harm. After a 429, or a 503 with a
// Retry-After, the whole scope cools down for all workers; the next attempt waits for that at
// the budget further in.
type retried struct {
	next     http.RoundTripper
	limiter  *ratelimit.Limiter
	prices   prices
	host     string
	patience time.Duration
	total    *Meter
}

func (t retried) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := rewindable(r); err != nil {
		return nil, err
	}
	if callOf(r.Context()).once {
		response, err := t.next.RoundTrip(r)
		return response, broken(r.Context(), err)
	}
	for failures, throttles := 0, 0; ; {
		attempt, err := rewound(r)
		if err != nil {
			return nil, err
		}
		response, err := t.next.RoundTrip(attempt)
		switch {
		case err == nil && throttled(response):
			throttles++
			if throttles == maxThrottled || !t.coolDown(attempt, response, throttles) {
				return response, nil
			}
		case t.mayHelp(attempt, response, err):
			failures++
			if failures == maxAttempts || wait(r.Context(), backoff(failures)) != nil {
				return response, broken(r.Context(), err)
			}
		default:
			return response, broken(r.Context(), err)
		}
		if response != nil {
			drain(response.Body)
		}
		for _, m := range meters(r.Context(), t.total) {
			m.retried.Add(1)
		}
	}
}

// throttled tells whether the answer asks to slow down. SharePoint also says it with 503, which
// without a Retry-After is an ordinary overload.
func throttled(r *http.Response) bool {
	return r.StatusCode == http.StatusTooManyRequests ||
		r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") != ""
}

// coolDown stops the scope for as long as the answer says, and tells whether that is short enough to stay.
func (t retried) coolDown(r *http.Request, response *http.Response, times int) bool {
	wait, ok := retryAfter(response.Header, time.Now())
	if !ok { // some answers name no time: https://github.com/OneDrive/onedrive-api-docs/issues/744
		wait = backoff(times + 2)
	}
	scope := t.prices.of(r, t.host).Scope
	if err := t.limiter.CoolDown(r.Context(), scope, wait); err != nil {
		return false
	}
	return wait <= t.patience
}

// mayHelp tells whether the same request may succeed if it is sent again, and cannot do harm by it.
func (t retried) mayHelp(r *http.Request, response *http.Response, err error) bool {
	if r.Context().Err() != nil || callOf(r.Context()).fragment || !idempotent(r) {
		return false
	}
	if err != nil {
		return fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Transient
	}
	switch response.StatusCode {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout:
		return !final(response)
	case http.StatusServiceUnavailable:
		return !callOf(r.Context()).paged && !final(response) // a page that is too large stays so: the pager asks for a smaller one
	default:
		return false
	}
}

// final tells whether the code in an answer of 5xx says that asking again will not help: Exchange also says with
// a 500 that it cannot read an item. The body can be read again.
func final(response *http.Response) bool {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxRefusal)) // a code that did not arrive says nothing
	response.Body = readAgain{io.MultiReader(bytes.NewReader(body), response.Body), response.Body}
	return !passing(decodeRefusal(response.StatusCode, response.Header, body).fault())
}

// readAgain is a body of which the beginning was read already.
type readAgain struct {
	io.Reader
	io.Closer
}

func idempotent(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch, "":
		return true
	default:
		return callOf(r.Context()).repeat
	}
}

// retryAfter reads a Retry-After, which Graph also writes with a fraction ("2.128"), or as a date.
// RateLimit-Reset counts if it is later. A date is seen from the answer's own Date: this machine's clock may be wrong.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	wait, ok := time.Duration(0), false
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	for _, name := range []string{"Retry-After", "RateLimit-Reset"} {
		value := h.Get(name)
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds >= 0 {
			wait, ok = max(wait, time.Duration(seconds*float64(time.Second))), true
		} else if at, err := http.ParseTime(value); err == nil {
			wait, ok = max(wait, at.Sub(now)), true
		}
	}
	return wait, ok
}

func backoff(failures int) time.Duration {
	ceiling := min(firstBackoff<<(failures-1), maxBackoff)
	return ceiling/2 + rand.N(ceiling/2)
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
