package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
)

// Sender implements delivery.Sender.
type Sender struct {
	http *http.Client
	now  func() time.Time
}

var _ delivery.Sender = (*Sender)(nil)

// Timeout of one post; the specification asks for 15 to 30 seconds.
const Timeout = 20 * time.Second

// maxAnswer is how much of an answer is read, so that the connection can be used again.
const maxAnswer = 64 << 10

// New returns a sender.
func New(now func() time.Time) *Sender {
	return &Sender{now: now, http: &http.Client{
		Transport: http.DefaultTransport.(*http.Transport).Clone(), Timeout: Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close ends idle connections.
func (s *Sender) Close() { s.http.CloseIdleConnections() }

// Send implements delivery.Sender.
func (s *Sender) Send(ctx context.Context, channel delivery.Channel, secret string, message delivery.Message) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, channel.Webhook.URL, bytes.NewReader(message.JSON))
	if err != nil {
		return fault.As(fault.Invalid, "post webhook", err, fault.Next("make the channel again with a good URL"))
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	signature, err := Sign(secret, message.ID, timestamp, message.JSON)
	if err != nil {
		return fault.As(fault.Precondition, "post webhook", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Tenantkeep-Notifier/1")
	// The specification writes these in lower case; HTTP does not mind.
	request.Header.Set("webhook-id", message.ID)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", signature)
	response, err := s.http.Do(request)
	if err != nil {
		return unreachable(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)) // the status is the answer
	return verdict(response)
}

func unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fault.As(fault.Cancelled, "post webhook", ctx.Err())
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // net/url's wrapping repeats the URL
	}
	return fault.As(fault.Transient, "post webhook", err, fault.Reason("RECEIVER_UNREACHABLE"), fault.Next("check the URL and that its server can be reached from here"))
}

// verdict is what an answer means. Even 404 and 401 are tried again: receivers are deployed and mended.
func verdict(response *http.Response) error {
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusGone:
		return fault.New(fault.Precondition, "post webhook", "the receiver answered 410: it wants no more",
			fault.Reason("RECEIVER_GONE"), fault.Next("delete the channel, or mend the receiver"))
	default:
		return fault.New(fault.Transient, "post webhook", fmt.Sprintf("the receiver answered %d", code), fault.Reason("RECEIVER_REFUSED"),
			fault.Next("look into the receiver's log for the webhook-id"), fault.After(retryAfter(response)))
	}
}

// retryAfter is the wait that the receiver asks for, at most an hour.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Hour)
}
