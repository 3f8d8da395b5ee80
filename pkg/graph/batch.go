package graph

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// MaxBatch is how many calls one batch takes: https://learn.microsoft.com/en-us/graph/json-batching
const MaxBatch = 20

// batchAttempts is how often one call of a batch is tried.
const batchAttempts = 5

// reasonDependency marks a call that was not made since one before it failed.
const reasonDependency = "GRAPH_DEPENDENCY"

// Batch is many small calls in few requests.
type Batch struct {
	Name    string // of the batch as a whole, for spans and errors
	Price   func(calls int64, upload int64) ratelimit.Price
	Calls   []BatchCall
	MaxItem int // longest answer in bytes; 0: see package rawjson
	// Answer gets each call's answer or its fault, once, in no order; body is valid until it returns.
	// A call whose answer is too large gets Unsupported with reason GRAPH_ITEM_TOO_LARGE: make it singly.
	Answer func(index int, body []byte, err error) error
}

// BatchCall is one call of a batch.
type BatchCall struct {
	Method     string // default GET
	Path       string // below /v1.0, with its query
	Header     map[string]string
	Body       []byte // JSON
	Repeatable bool   // a POST that does no harm when it is sent twice
}

// Send makes the calls, twenty at a time, and those again that were throttled or failed in
// passing: throttled members come inside an answer of 200, and the SDKs do not resend them. It
// returns when every call has its answer; errors of Answer end it as they are.
func (c *Client) Send(ctx context.Context, b Batch) error {
	pending := make([]int, len(b.Calls))
	for i := range pending {
		pending[i] = i
	}
	tries := make([]int, len(b.Calls))
	for len(pending) > 0 {
		n := min(len(pending), MaxBatch)
		again, err := c.sendSome(ctx, b, pending[:n], tries)
		if err != nil {
			return unwrapItem(err)
		}
		pending = append(again, pending[n:]...)
	}
	return nil
}

// sendSome sends one batch and returns the calls that have to go again.
func (c *Client) sendSome(ctx context.Context, b Batch, indexes []int, tries []int) (again []int, err error) {
	round := &batchRound{batch: b, open: map[int]error{}, tries: tries}
	for _, i := range indexes {
		round.open[i] = errUnanswered
		tries[i]++
	}
	if err := c.exchange(ctx, b, indexes, round); err != nil {
		var mine itemError
		if errors.As(err, &mine) || ctx.Err() != nil || !passing(err) {
			return nil, err
		}
		round.fail(err)
	}
	for _, i := range indexes {
		cause, open := round.open[i]
		if !open {
			continue
		}
		if fault.ReasonOf(cause) == reasonDependency {
			tries[i]-- // it was not tried: another call before it failed
		} else {
			round.trouble = true
		}
		if tries[i] < batchAttempts && b.Calls[i].mayRepeat(cause) {
			again = append(again, i)
			continue
		}
		if err := b.Answer(i, nil, fault.Wrap(b.Name, cause)); err != nil {
			return nil, err
		}
	}
	if len(again) == 0 {
		return nil, nil
	}
	return again, c.pause(ctx, b, round, tries[again[0]])
}

// pause cools the scope down for the longest wait that any member was told, or just waits a little.
func (c *Client) pause(ctx context.Context, b Batch, round *batchRound, tries int) error {
	for _, m := range meters(ctx, &c.meter) {
		m.retried.Add(1)
	}
	if !round.trouble {
		return nil
	}
	if round.throttled == 0 {
		return fault.Wrap(b.Name, wait(ctx, backoff(tries)))
	}
	for _, m := range meters(ctx, &c.meter) {
		m.throttled.Add(round.throttled)
	}
	after := round.after
	if after == 0 {
		after = backoff(tries + 2)
	}
	if err := c.limiter.CoolDown(ctx, b.Price(1, 0).Scope, after); err != nil {
		return fault.Wrap(b.Name, err)
	}
	return nil
}

// exchange pays for the calls, sends them and hands out the answers as they arrive. A batch that
// does not get all the slots that its calls may use at once asks for one by one.
func (c *Client) exchange(ctx context.Context, b Batch, indexes []int, round *batchRound) error {
	price := b.Price(int64(len(indexes)), uploadOfCalls(b.Calls, indexes))
	price.Priority = priorityOf(ctx)
	permit, err := c.limiter.Acquire(ctx, price)
	if err != nil {
		return err
	}
	defer permit.Release()
	for _, m := range meters(ctx, &c.meter) {
		m.waited.Add(int64(permit.Waited))
		m.batched.Add(int64(len(indexes)))
	}
	request := Request{Name: b.Name, Method: http.MethodPost, Path: "/$batch", Body: b.body(indexes, permit.Slots < price.Slots)}
	response, err := c.do(ctx, request, call{paid: true, once: true})
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	return round.read(ctx, response.Body)
}

// batchRound collects what became of the calls of one batch: those in open have no final answer.
type batchRound struct {
	batch     Batch
	open      map[int]error
	tries     []int
	after     time.Duration
	throttled int64
	trouble   bool // something other than a failed dependency
}

var errUnanswered = fault.New(fault.Transient, "read batch", "the call has no answer", fault.Reason("GRAPH_TRUNCATED"), fault.Next(nextRetry))

func (r *batchRound) read(ctx context.Context, body io.Reader) error {
	split := rawjson.NewSplitter(body, "responses")
	split.MaxItem = r.batch.MaxItem
	for {
		item, err := split.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, rawjson.ErrTooLarge):
			return r.tooLarge()
		case err != nil:
			return badPage(ctx, err)
		}
		if err := r.answer(item); err != nil {
			return itemError{err}
		}
	}
}

func (r *batchRound) answer(item []byte) error {
	var status int
	var body, headers []byte
	index := -1
	for name, value := range rawjson.Members(item) {
		switch string(name) {
		case "id":
			if n, err := strconv.Atoi(rawjson.Text(value)); err == nil {
				index = n
			}
		case "status":
			status, _ = strconv.Atoi(string(value))
		case "headers":
			headers = value
		case "body":
			body = value
		}
	}
	if _, open := r.open[index]; !open {
		return nil // an answer that nobody asked for, or a second one
	}
	if status >= 200 && status < http.StatusBadRequest {
		delete(r.open, index)
		return r.batch.Answer(index, body, nil)
	}
	refusal := decodeRefusal(status, headerOf(headers), unquoted(body))
	cause := refusal.fault()
	r.open[index] = cause
	if fault.Is(cause, fault.Throttled) {
		r.throttled++
		r.after = max(r.after, refusal.after)
	}
	if !passing(cause) {
		delete(r.open, index)
		return r.batch.Answer(index, nil, fault.Wrap(r.batch.Name, cause))
	}
	return nil
}

// tooLarge is for an answer that does not fit: which call it belongs to is not known, so all that
// are open are to be made singly.
func (r *batchRound) tooLarge() error {
	large := fault.New(fault.Unsupported, r.batch.Name, "the answer is too large for a batch", fault.Reason("GRAPH_ITEM_TOO_LARGE"))
	for i := range r.open {
		delete(r.open, i)
		if err := r.batch.Answer(i, nil, large); err != nil {
			return itemError{err}
		}
	}
	return nil
}

func (r *batchRound) fail(err error) {
	for i := range r.open {
		r.open[i] = err
	}
	if fault.Is(err, fault.Throttled) {
		r.throttled++
		r.after = max(r.after, fault.RetryAfterOf(err))
	}
}

// passing tells whether the same call may succeed a little later. A budget that is spent for
// longer than the client's patience is not waited for.
func passing(err error) bool {
	return fault.ReasonOf(err) != "BUDGET_SPENT" && (fault.Is(err, fault.Throttled) || fault.Is(err, fault.Transient))
}

func (b BatchCall) mayRepeat(cause error) bool {
	read := b.Method == "" || b.Method == http.MethodGet
	return read || b.Repeatable || fault.Is(cause, fault.Throttled) || fault.ReasonOf(cause) == reasonDependency
}

func headerOf(object []byte) http.Header {
	h := http.Header{}
	for name, value := range rawjson.Members(object) {
		h.Add(string(name), rawjson.Text(value))
	}
	return h
}

// unquoted undoes the base64 of a body that is not JSON.
func unquoted(body []byte) []byte {
	text := rawjson.Text(body)
	if text == "" {
		return body
	}
	if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
		return plain
	}
	return []byte(text)
}
