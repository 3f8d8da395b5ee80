package graph

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const tracerName = "github.com/tenantkeep/tenantkeep/pkg/graph"

// traced makes one span of a call, however often it is retried. Spans carry no ids of people or
// content: the name is the operation, or for requests of the SDK the method and the words of the path.
type traced struct {
	next       http.RoundTripper
	tracer     trace.Tracer
	propagator propagation.TextMapPropagator
}

func (t traced) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := t.tracer.Start(r.Context(), spanName(r), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Host)))
	defer span.End()
	r = r.Clone(ctx)
	t.propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
	response, err := t.next.RoundTrip(r)
	if err != nil {
		span.SetStatus(codes.Error, fault.KindOf(err).String())
		span.SetAttributes(attribute.String("error.type", fault.ReasonOf(err)))
		return nil, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	return response, nil
}

func spanName(r *http.Request) string {
	if name := callOf(r.Context()).name; name != "" {
		return "graph " + name
	}
	return "graph " + r.Method + " " + strings.Join(words(r.URL), "/")
}

// words are the segments of a path that name things of the API, without ids.
func words(u *url.URL) []string {
	var out []string
	for i, s := range segments(u) {
		if i == 0 || isWord(s) {
			out = append(out, s)
		}
	}
	return out
}

// isWord tells an API's own name (letters and (), beginning in lower case, not too long) from an id.
func isWord(s string) bool {
	if s == "" || len(s) > 24 || s[0] < 'a' || s[0] > 'z' {
		return strings.HasPrefix(s, "$") || strings.HasPrefix(s, "microsoft.graph.")
	}
	for _, b := range strings.TrimSuffix(s, "()") {
		if (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') {
			return false
		}
	}
	return true
}

// withoutAddress drops the address, which has ids in it, from an error of net/url or net/http.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
