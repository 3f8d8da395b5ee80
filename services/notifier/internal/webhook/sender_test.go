package webhook_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/delivery"
	"github.com/tenantkeep/tenantkeep/services/notifier/internal/webhook"
)

// TestSignatureOfTheSpecification is the example of the Standard Webhooks reference libraries.
func TestSignatureOfTheSpecification(t *testing.T) {
	got, err := webhook.Sign("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if err != nil || got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestSecrets(t *testing.T) {
	made := webhook.NewSecret()
	if err := webhook.CheckSecret(made); err != nil || made == webhook.NewSecret() {
		t.Errorf("%s: %v", made, err)
	}
	for _, bad := range []string{"", "whsec_", "whsec_c2hvcnQ=", strings.TrimPrefix(made, "whsec_"), "whsec_!!", made + made} {
		if err := webhook.CheckSecret(bad); fault.ReasonOf(err) != "SECRET_MALFORMED" || fault.NextOf(err) == "" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPostIsSigned(t *testing.T) {
	secret, message := webhook.NewSecret(), delivery.Message{ID: "d1", JSON: []byte(`{"type":"x"}`)}
	var header http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	sender := webhook.New(time.Now)
	defer sender.Close()
	if err := sender.Send(t.Context(), channel(server.URL), secret, message); err != nil {
		t.Fatal(err)
	}
	want, err := webhook.Sign(secret, "d1", header.Get("webhook-timestamp"), body)
	if err != nil || header.Get("webhook-signature") != want || header.Get("webhook-id") != "d1" || header.Get("Content-Type") != "application/json" || string(body) != string(message.JSON) {
		t.Errorf("%v %s, %v", header, body, err)
	}
}

func channel(url string) delivery.Channel {
	return delivery.Channel{ID: "c1", Webhook: &delivery.Webhook{URL: url}}
}

func TestAnswersDecide(t *testing.T) {
	var status int
	var wait string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere")
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	sender := webhook.New(time.Now)
	defer sender.Close()
	for _, test := range []struct {
		status int
		wait   string
		reason string
		again  bool
		after  time.Duration
	}{
		{200, "", "", false, 0}, {204, "", "", false, 0},
		{301, "", "RECEIVER_REFUSED", true, 0}, {404, "", "RECEIVER_REFUSED", true, 0}, {500, "", "RECEIVER_REFUSED", true, 0},
		{429, "30", "RECEIVER_REFUSED", true, 30 * time.Second}, {503, "999999", "RECEIVER_REFUSED", true, time.Hour},
		{410, "", "RECEIVER_GONE", false, 0},
	} {
		status, wait = test.status, test.wait
		err := sender.Send(t.Context(), channel(server.URL), webhook.NewSecret(), delivery.Message{ID: "d"})
		if fault.ReasonOf(err) != test.reason || (err != nil && fault.Retryable(err) != test.again) || fault.RetryAfterOf(err) != test.after {
			t.Errorf("%d: %v, after %v", test.status, err, fault.RetryAfterOf(err))
		}
	}
	server.Close()
	if err := sender.Send(t.Context(), channel(server.URL), webhook.NewSecret(), delivery.Message{ID: "d"}); fault.ReasonOf(err) != "RECEIVER_UNREACHABLE" || !fault.Retryable(err) {
		t.Errorf("nobody there: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sender.Send(ended, channel(server.URL), webhook.NewSecret(), delivery.Message{ID: "d"}); !fault.Is(err, fault.Cancelled) {
		t.Errorf("told to stop: %v", err)
	}
}
