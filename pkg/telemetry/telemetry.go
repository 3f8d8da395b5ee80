// Package telemetry sets up what a process tells about itself: structured logs on standard error,
// traces to an OpenTelemetry collector if one is named, and metrics for Prometheus.
//
// Names never carry a tenant, a mailbox or an item: those are in span attributes at most, as ids.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Config is what telemetry needs to know.
type Config struct {
	Service string
	// Collector is the host:port of an OTLP/gRPC collector in the clear, such as a sidecar. Empty:
	// traces go nowhere, but their ids still cross calls and events.
	Collector string
}

// Telemetry is what Setup has set up.
type Telemetry struct {
	// Metrics serves the metrics in Prometheus's format.
	Metrics http.Handler
	// Shutdown sends what is still buffered.
	Shutdown func(context.Context) error
}

// Setup makes the process-wide tracer and meter. Call it once, before anything that traces.
func Setup(ctx context.Context, config Config) (*Telemetry, error) {
	about := resource.NewSchemaless(attribute.String("service.name", config.Service))
	traces := []trace.TracerProviderOption{trace.WithResource(about)}
	if config.Collector != "" {
		exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(config.Collector), otlptracegrpc.WithInsecure())
		if err != nil {
			return nil, fault.As(fault.Invalid, "set up traces", err)
		}
		traces = append(traces, trace.WithBatcher(exporter))
	}
	registry := prometheus.NewRegistry()
	reader, err := otelprometheus.New(otelprometheus.WithRegisterer(registry))
	if err != nil {
		return nil, fault.As(fault.Internal, "set up metrics", err)
	}
	tracer := trace.NewTracerProvider(traces...)
	otel.SetTracerProvider(tracer)
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader), metric.WithResource(about)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return &Telemetry{
		Metrics:  promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		Shutdown: tracer.Shutdown,
	}, nil
}

// NewLog returns a logger that writes one JSON object a line.
func NewLog(out io.Writer, service string) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, nil)).With("service", service)
}
