package bus_test

import (
	"context"
	"testing"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
)

func TestHeadersAreEncodedAsCloudEventsAsks(t *testing.T) {
	for value, want := range map[string]string{
		"/directory-sync/c1": "/directory-sync/c1",
		"Euro € 😀":           "Euro%20%E2%82%AC%20%F0%9F%98%80",
		`100% "sure"`:        "100%25%20%22sure%22",
		"line\nbreak":        "line%0Abreak",
		"":                   "",
	} {
		header := nats.Header{}
		bus.SetHeader(header, "ce-subject", value)
		if got := header["ce-subject"][0]; got != want {
			t.Errorf("%q is encoded as %q, want %q", value, got, want)
		}
		if got := bus.Header(header, "ce-subject"); got != value {
			t.Errorf("%q came back as %q", value, got)
		}
	}
}

func TestHeadersAreReadAsOthersWriteThem(t *testing.T) {
	header := nats.Header{"CE-Id": {"a%20b"}, "Ce-Type": {"100%"}, "ce-source": {}}
	for name, want := range map[string]string{"ce-id": "a b", "ce-type": "100%", "ce-source": "", "ce-time": ""} {
		if got := bus.Header(header, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func FuzzHeader(f *testing.F) {
	f.Add("€ 100%")
	f.Fuzz(func(t *testing.T, value string) {
		header := nats.Header{}
		bus.SetHeader(header, "ce-subject", value)
		if got := bus.Header(header, "CE-SUBJECT"); got != value {
			t.Errorf("%q came back as %q", value, got)
		}
	})
}

// NATS keeps the case of header names, so what is written must be what the specifications spell.
func TestTraceContextTravelsInLowerCase(t *testing.T) {
	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled})
	header := nats.Header{}
	bus.Inject(trace.ContextWithSpanContext(t.Context(), parent), header)
	for _, name := range []string{"traceparent", "ce-traceparent"} {
		if values := header[name]; len(values) != 1 || values[0] == "" {
			t.Errorf("%s is %q in %v", name, values, header)
		}
	}
	for _, name := range []string{"traceparent", "Traceparent", "ce-traceparent"} {
		alone := nats.Header{name: header["traceparent"]}
		got := trace.SpanContextFromContext(bus.Extract(context.Background(), alone))
		if got.TraceID() != parent.TraceID() || got.SpanID() != parent.SpanID() || !got.IsRemote() {
			t.Errorf("%s: %v", name, got)
		}
	}
	empty := nats.Header{}
	bus.Inject(t.Context(), empty)
	if len(empty) != 0 {
		t.Errorf("without a trace: %v", empty)
	}
}
