package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/state"
)

// guarded starts a server with a user that may do everything and the reader of docs/events.md.
func guarded(t *testing.T) (admin, reader jetstream.JetStream, denied chan error) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
		Users: []*server.User{{Username: "admin", Password: "a"}, {Username: "reader", Password: "r", Permissions: &server.Permissions{
			Publish: &server.SubjectPermission{Allow: []string{
				"$JS.API.CONSUMER.CREATE.EVENTS.my-service", "$JS.API.CONSUMER.CREATE.EVENTS.my-service.>", "$JS.API.CONSUMER.INFO.EVENTS.my-service",
				"$JS.API.CONSUMER.MSG.NEXT.EVENTS.my-service", "$JS.ACK.EVENTS.my-service.>",
			}},
			Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX_my-service.>"}},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("server is not ready")
	}
	denied = make(chan error, 10)
	connect := func(user string, options ...nats.Option) jetstream.JetStream {
		conn, err := nats.Connect(s.ClientURL(), append(options, nats.UserInfo(user, user[:1]))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.Close)
		js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return js
	}
	admin = connect("admin")
	reader = connect("reader", nats.CustomInboxPrefix("_INBOX_my-service"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	if err := bus.Bootstrap(t.Context(), admin, bus.Config{}); err != nil {
		t.Fatal(err)
	}
	return admin, reader, denied
}

// What docs/events.md tells other teams is enough to read events, and for nothing else.
func TestReaderOfEventsNeedsNoMore(t *testing.T) {
	admin, reader, denied := guarded(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	store, err := state.NewJetStream(ctx, admin, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Commit(ctx, state.Change{Key: state.Key{Kind: state.KindUser, Connection: "c1", ID: "u1"}, Fact: "user-provisioned", Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	for name, filters := range map[string][]string{
		"one":     {"tenantkeep.v1.evt.*.*.user-provisioned.*"},
		"several": {"tenantkeep.v1.evt.*.*.user-provisioned.*", "tenantkeep.v1.evt.*.*.backup-completed.*"},
	} {
		consumer, err := reader.CreateOrUpdateConsumer(ctx, "EVENTS", jetstream.ConsumerConfig{Durable: "my-service", FilterSubjects: filters, AckPolicy: jetstream.AckExplicitPolicy})
		if err != nil {
			t.Fatalf("%s filter: %v", name, err)
		}
		// One at a time: what a reader has asked for ahead, it would keep when it stops.
		message, err := consumer.Next(jetstream.FetchMaxWait(10 * time.Second))
		if err != nil || message.Headers()["ce-id"] == nil {
			t.Fatalf("%s filter: %v", name, err)
		}
		if err := message.Nak(); err != nil { // so that the next round sees it too
			t.Fatal(err)
		}
	}
	if len(denied) > 0 {
		t.Errorf("was denied: %v", <-denied)
	}
	for what, try := range map[string]func(context.Context) error{
		"write state": func(ctx context.Context) error {
			_, err := reader.Publish(ctx, "st.user.c1.u2.user-provisioned", nil)
			return err
		},
		"read state":   func(ctx context.Context) error { _, err := reader.Stream(ctx, bus.StreamState); return err },
		"queue a job":  func(ctx context.Context) error { _, err := reader.Publish(ctx, "jobs.restore.c1.r1", nil); return err },
		"drop a place": func(ctx context.Context) error { return reader.DeleteConsumer(ctx, "EVENTS", "my-service") },
	} {
		short, done := context.WithTimeout(ctx, time.Second)
		err := try(short)
		done()
		if !errors.Is(err, context.DeadlineExceeded) { // a denied call is not answered
			t.Errorf("%s: %v", what, err)
		}
		select {
		case err := <-denied:
			if !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
				t.Errorf("%s: the error handler heard %v", what, err)
			}
		case <-ctx.Done():
			t.Fatalf("%s: the error handler heard nothing", what)
		}
	}
}
