package bus

import (
	"context"
	"strings"

	"github.com/nats-io/nats.go"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes the spans of the bus, state and jobs packages, from the global provider.
func Tracer() trace.Tracer { return otel.Tracer("github.com/tenantkeep/tenantkeep/pkg/bus") }

var propagator = propagation.TraceContext{}

// Inject writes the trace context of ctx into traceparent and tracestate, and once more with the ce-
// prefix that CloudEvents wants for its extension of the same name.
func Inject(ctx context.Context, header nats.Header) {
	propagator.Inject(ctx, carrier(header))
	for _, name := range propagator.Fields() {
		if value := carrier(header).Get(name); value != "" {
			SetHeader(header, "ce-"+name, value)
		}
	}
}

// Extract returns ctx with the trace context that the headers carry, if they carry one.
func Extract(ctx context.Context, header nats.Header) context.Context {
	return propagator.Extract(ctx, carrier(header))
}

// WithTrace returns ctx with the trace of a traceparent, for work that what was read asks for. An empty
// one changes nothing.
func WithTrace(ctx context.Context, traceparent string) context.Context {
	return propagator.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
}

// carrier keeps names in lower case; the one of the OpenTelemetry library turns them into Traceparent,
// which readers of NATS headers do not find.
type carrier nats.Header

func (c carrier) Get(name string) string {
	if value := Header(nats.Header(c), name); value != "" {
		return value
	}
	return Header(nats.Header(c), "ce-"+name)
}

func (c carrier) Set(name, value string) { c[strings.ToLower(name)] = []string{value} }

func (c carrier) Keys() []string {
	names := make([]string, 0, len(c))
	for name := range c {
		names = append(names, strings.ToLower(name))
	}
	return names
}
