package tenant

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel"
	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Config is what [New] needs.
type Config struct {
	State  Reader
	Broker grpc.ClientConnInterface // auth-broker
	Ledger ratelimit.Ledger
	Holder string // names this process in the ledger
}

// Tenants holds the Graph clients of one process. It may be used by many goroutines.
type Tenants struct {
	config Config

	mu      sync.Mutex
	clients map[m365.ConnectionID]opened
	retired []*graph.Client // of connections that changed; calls may still be under way
}

type opened struct {
	place  place
	client *graph.Client
}

var _ graph.Tokens = (*Tokens)(nil)

// New prepares to open connections.
func New(config Config) *Tenants {
	return &Tenants{config: config, clients: map[m365.ConnectionID]opened{}}
}

// Open returns the client of a connection. Ask anew for each piece of work: it costs one read of the
// state, and notices that the connection has changed or is gone.
func (t *Tenants) Open(ctx context.Context, connection m365.ConnectionID) (*graph.Client, error) {
	place, err := locate(ctx, t.config.State, connection)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, known := t.clients[connection]
	if known && before.place.same(place) {
		return before.client, nil
	}
	if known {
		t.retired = append(t.retired, before.client)
	}
	client := graph.New(graph.Config{
		Cloud: place.cloud, Tenant: place.tenant, Connection: connection, Size: place.size,
		Tokens: NewTokens(t.config.Broker, connection), Ledger: t.config.Ledger, Holder: t.config.Holder,
		Tracer: otel.GetTracerProvider(), Propagator: otel.GetTextMapPropagator(),
	})
	t.clients[connection] = opened{place, client}
	return client, nil
}

// Close gives back what the clients leased of the budgets. No call may be under way.
func (t *Tenants) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, open := range t.clients {
		open.client.Close()
	}
	for _, client := range t.retired {
		client.Close()
	}
	clear(t.clients)
	t.retired = nil
}
