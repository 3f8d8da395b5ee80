package plant_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// Whoever asks for a backup finds what came of it under one trace id: in our spans, in the calls that
// Microsoft gets, and in the event.
func TestOneTraceFromCommandToFact(t *testing.T) {
	spans := exportSpans(t)
	calls := &calls{}
	b := start(t, sim.Config{Users: 1, Mails: 30, Seed: 3}, calls.note)
	mailbox := b.mailbox(b.protect())
	var changed any
	b.control(http.MethodPost, "/sim/change", `{"share":0.2,"workload":"mail"}`, &changed)

	ctx, root := otel.Tracer("test").Start(b.Context(), "a person")
	reply, err := backupv1.NewBackupServiceClient(b.to(identity.BackupWorker)).StartBackup(ctx, &backupv1.StartBackupRequest{Resource: mailbox})
	root.End()
	if err != nil {
		t.Fatal(err)
	}
	id := root.SpanContext().TraceID()
	header := b.completion(reply.GetJob().GetName())
	for _, name := range []string{"traceparent", "ce-traceparent"} {
		if got := parse(header[name]); got.TraceID() != id {
			t.Errorf("event: %s is %q, the trace is %s", name, header[name], id)
		}
	}
	if n := calls.of(id); n == 0 {
		t.Error("no call to Graph carries the trace")
	}
	b.checkSpans(spans, root.SpanContext(), parse(header["traceparent"]).SpanID())
}

// checkSpans looks for one of each sort, all of them descendants of the root.
func (b *bench) checkSpans(spans *tracetest.InMemoryExporter, root trace.SpanContext, publisher trace.SpanID) {
	b.Helper()
	for _, sort := range []struct {
		name string
		kind trace.SpanKind
	}{
		{"tenantkeep.backup.v1.BackupService/StartBackup", trace.SpanKindServer},
		{"send st.job.", trace.SpanKindProducer},      // the job becomes state
		{"send jobs.", trace.SpanKindProducer},        // and a place in the queue
		{"process jobs.", trace.SpanKindConsumer},     // a worker takes it
		{"graph ", trace.SpanKindClient},              // reads what changed
		{"send st.resource.", trace.SpanKindProducer}, // and says so
	} {
		found := b.await(spans, root.TraceID(), func(s tracetest.SpanStub) bool {
			return s.SpanKind == sort.kind && strings.HasPrefix(s.Name, sort.name)
		})
		if len(found) == 0 {
			b.Errorf("no span %q of kind %s in the trace: %v", sort.name, sort.kind, names(spans.GetSpans(), root.TraceID()))
		}
	}
	parents := map[trace.SpanID]trace.SpanID{}
	for _, span := range spans.GetSpans() {
		if span.SpanContext.TraceID() == root.TraceID() {
			parents[span.SpanContext.SpanID()] = span.Parent.SpanID()
		}
	}
	at := publisher
	for at != root.SpanID() && parents[at].IsValid() {
		at = parents[at]
	}
	if at != root.SpanID() {
		b.Errorf("the event's span %s does not descend from the root: %v", publisher, parents)
	}
}

// await waits for spans, which end a little after what others see of them.
func (b *bench) await(spans *tracetest.InMemoryExporter, id trace.TraceID, wanted func(tracetest.SpanStub) bool) []tracetest.SpanStub {
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		found := slices.DeleteFunc(slices.Clone(spans.GetSpans()), func(s tracetest.SpanStub) bool { return s.SpanContext.TraceID() != id || !wanted(s) })
		if len(found) > 0 {
			return found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func names(spans tracetest.SpanStubs, id trace.TraceID) []string {
	var all []string
	for _, span := range spans {
		if span.SpanContext.TraceID() == id {
			all = append(all, span.Name)
		}
	}
	return all
}

// exportSpans keeps every span of this process in memory, for one test.
func exportSpans(t *testing.T) *tracetest.InMemoryExporter {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	provider, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() {
		otel.SetTracerProvider(provider)
		otel.SetTextMapPropagator(propagator)
	})
	return exporter
}

// calls counts the calls to Graph by their trace.
type calls struct {
	mu     sync.Mutex
	traces map[trace.TraceID]int
}

func (c *calls) note(r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/v1.0/") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.traces == nil {
		c.traces = map[trace.TraceID]int{}
	}
	c.traces[parse(r.Header.Get("traceparent")).TraceID()]++
}

func (c *calls) of(id trace.TraceID) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.traces[id]
}

func parse(traceparent string) trace.SpanContext {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent})
	return trace.SpanContextFromContext(ctx)
}

// completion waits for the event that says that a backup is complete, and returns its headers.
func (b *bench) completion(job string) map[string]string {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	nc, err := nats.Connect("nats://" + b.nats)
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(ctx, "EVENTS", jetstream.OrderedConsumerConfig{FilterSubjects: []string{"tenantkeep.v1.evt.*.resource.backup-completed.*"}})
	if err != nil {
		b.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		b.Fatal(err)
	}
	for {
		message, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			b.Fatalf("wait for the end of %s: %v", job, err)
		}
		var resource backupv1.Resource
		if err := proto.Unmarshal(message.Data(), &resource); err != nil {
			b.Fatal(err)
		}
		if resource.GetLastBackup().GetJob() == job {
			headers := map[string]string{}
			for name, values := range message.Headers() {
				headers[name] = values[0]
			}
			return headers
		}
	}
}
