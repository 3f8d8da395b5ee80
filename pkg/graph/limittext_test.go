package graph

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

func TestLimitsAreNamedAsMicrosoftDoes(t *testing.T) {
	p := pricesFor(Size{})
	for _, test := range []struct {
		price   ratelimit.Price
		blocked string
		want    string
	}{
		{p.Files(1), "units per minute", "SharePoint's 1,250 units a minute"},
		{p.Files(1), "units per day", "SharePoint's 1,200,000 units a day"},
		{p.Files(1), "cool-down", "the end of the pause that SharePoint asked for"},
		{MailboxPrice("u", 1, 0), "requests", "Exchange's 10,000 requests in 10 minutes for one mailbox"},
		{MailboxPrice("u", 1, 1), "upload", "Exchange's 150 MiB up in 5 minutes for one mailbox"},
		{MailboxPrice("u", 1, 0), "slots", "Exchange's 4 calls at a time for one mailbox"},
		{of(p, http.MethodGet, "/v1.0/users"), "units", "Entra's 3,500 units in 10 seconds"},
		{of(p, http.MethodPost, "/v1.0/users"), "writes", "Entra's 3,000 writes in 150 seconds"},
	} {
		if got := limitText(test.price, test.blocked); got != test.want {
			t.Errorf("%q, not %q", got, test.want)
		}
	}
}

func of(p prices, method, path string) ratelimit.Price {
	price, _ := p.Of(method, &url.URL{Path: path}, 0)
	return price
}

type answering struct{}

func (answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

// TestAMeterSaysWhatIsWaitedFor spends a minute's units, and looks at the meters of the call that waits for
// more and of the one in line behind it.
func TestAMeterSaysWhatIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ledger := ratelimit.NewMemory()
		limiter := ratelimit.NewLimiter(ratelimit.Config{Ledger: ledger, Connection: "c1", Holder: "test"})
		defer limiter.Close()
		spent := pricesFor(Size{}).Files(1_250)
		if _, err := ledger.Acquire(t.Context(), ratelimit.Ask{Connection: "c1", Scope: spent.Scope, Holder: "other", Charges: spent.Charges[:1]}); err != nil {
			t.Fatal(err)
		}
		transport := budgeted{next: answering{}, limiter: limiter, prices: pricesFor(Size{}), host: "graph", total: &Meter{}}
		var first, second Meter
		done := make(chan error, 2)
		for _, meter := range []*Meter{&first, &second} {
			go func() { done <- send(WithMeter(t.Context(), meter), transport) }()
			time.Sleep(10 * time.Millisecond) // of the bubble
		}
		time.Sleep(3 * time.Second)
		for i, meter := range []*Meter{&first, &second} {
			if limit := meter.Read().Limit; limit != "SharePoint's 1,250 units a minute" {
				t.Errorf("call %d waits for %q", i+1, limit)
			}
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		time.Sleep(5 * time.Second)
		if limit := first.Read().Limit; limit != "" {
			t.Errorf("nobody waits, and yet for %q", limit)
		}
	})
}

func send(ctx context.Context, transport http.RoundTripper) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://graph/v1.0/drives/d/items/i", nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
