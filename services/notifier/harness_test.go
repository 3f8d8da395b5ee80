package notifier

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/rpc"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

const patience = 30 * time.Second

// place is what the notifiers of one test share.
type place struct {
	t     *testing.T
	dir   string
	nats  *natstest.Server
	facts *state.Entities[*authv1.Connection] // as auth-broker would write them
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	server, js := natstest.Bootstrapped(t, bus.Config{})
	p.nats = server
	store, err := state.NewJetStream(t.Context(), js, "auth-broker")
	p.must(err)
	p.facts = state.NewEntities(store, state.KindConnection, (*authv1.Connection)(nil))
	p.must(pki.Ensure(filepath.Join(p.dir, "pki")))
	return p
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) context() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	p.t.Cleanup(cancel)
	return ctx
}

// happen has a connection degrade.
func (p *place) happen(id string) {
	p.t.Helper()
	m := &authv1.Connection{Name: "connections/" + id, DisplayName: "Contoso", Problem: &typev1.Problem{Reason: "SECRET_WRONG", Cause: "the secret is wrong", Next: "give another"}}
	for ctx := p.context(); ; {
		_, err := p.facts.Create(ctx, m365.ConnectionID(id), id, "connection-degraded", m, state.Origin{Cause: "test"})
		if fault.Is(err, fault.Transient) && bus.Pause(ctx, 50*time.Millisecond) == nil {
			continue // the server was just restarted
		}
		p.must(err)
		return
	}
}

// running is one notifier with its clients.
type running struct {
	channels   notifyv1.ChannelServiceClient
	rules      notifyv1.RuleServiceClient
	deliveries notifyv1.DeliveryServiceClient
	events     notifyv1.EventServiceClient
	stop       func() // waits until it has stopped
}

// start runs a notifier until the test ends.
func (p *place) start() *running {
	p.t.Helper()
	config := host.Config{
		Service: identity.Notifier, DataDir: filepath.Join(p.dir, "data"), PKIDir: filepath.Join(p.dir, "pki"),
		TokenFile: filepath.Join(p.dir, "admin.token"), Roles: "api,work",
	}
	plant := &host.Plant{Bus: bus.Connection{URL: p.nats.URL()}, Ledger: ratelimit.NewMemory()}
	h, err := host.New(p.context(), config, slog.New(slog.DiscardHandler), plant)
	p.must(err)
	service, err := New(p.context(), h)
	p.must(err)
	server, err := host.NewServer(h)
	p.must(err)
	service.Register(server)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	server.Ready()
	r := &running{}
	life, end := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- service.Run(life) }()
	go func() { done <- server.Serve(life, listener) }()
	r.stop = func() {
		end()
		for range 2 {
			if err := <-done; err != nil {
				p.t.Errorf("notifier: %v", err)
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		h.Close(ctx)
		r.stop = func() {}
	}
	p.t.Cleanup(func() { r.stop() })
	r.dial(p, listener.Addr().String())
	return r
}

func (r *running) dial(p *place, address string) {
	p.t.Helper()
	trust, err := pki.Trust(filepath.Join(p.dir, "pki", "ca.pem"))
	p.must(err)
	token, err := identity.AdminToken(filepath.Join(p.dir, "admin.token"))
	p.must(err)
	conn, err := rpc.Dial(address, trust, token)
	p.must(err)
	p.t.Cleanup(func() { _ = conn.Close() })
	var c grpc.ClientConnInterface = conn
	r.channels, r.rules = notifyv1.NewChannelServiceClient(c), notifyv1.NewRuleServiceClient(c)
	r.deliveries, r.events = notifyv1.NewDeliveryServiceClient(c), notifyv1.NewEventServiceClient(c)
}

// webhook makes a channel to that URL and a rule for it, and returns the channel's name and secret.
func (r *running) webhook(p *place, url string, events ...string) (name, secret string) {
	p.t.Helper()
	made, err := r.channels.CreateChannel(p.context(), &notifyv1.CreateChannelRequest{Channel: &notifyv1.Channel{
		DisplayName: "hook", Kind: &notifyv1.Channel_Webhook{Webhook: &notifyv1.Webhook{Url: url}}}})
	p.must(err)
	r.rule(p, made.GetChannel().GetName(), events...)
	return made.GetChannel().GetName(), made.GetSigningSecret()
}

func (r *running) rule(p *place, channel string, events ...string) {
	p.t.Helper()
	_, err := r.rules.CreateRule(p.context(), &notifyv1.CreateRuleRequest{Rule: &notifyv1.Rule{Channel: channel, Events: events}})
	p.must(err)
}

// delivered waits until there are so many deliveries and none is queued, and returns them, newest first.
func (r *running) delivered(p *place, count int) []*notifyv1.Delivery {
	p.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ctx := p.context(); ; {
		list, err := r.deliveries.ListDeliveries(ctx, &notifyv1.ListDeliveriesRequest{})
		p.must(err)
		open := 0
		for _, d := range list.GetDeliveries() {
			if d.GetState() == notifyv1.DeliveryState_DELIVERY_STATE_QUEUED {
				open++
			}
		}
		if len(list.GetDeliveries()) == count && open == 0 {
			return list.GetDeliveries()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("%d deliveries, %d queued: %v", len(list.GetDeliveries()), open, list)
		}
	}
}

func awaitPosts(t *testing.T, r *receiver, count int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for len(r.all()) < count {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d posts instead of %d", len(r.all()), count)
		}
	}
}
