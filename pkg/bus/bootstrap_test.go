package bus_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/bus/embedded"
	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func TestBootstrapMayRunAgain(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	if err := bus.Bootstrap(t.Context(), js, bus.Config{}); err != nil {
		t.Fatal(err)
	}
	if err := bus.Bootstrap(t.Context(), js, bus.Config{EventsAge: time.Hour, AckWait: 2 * time.Second, LeaderTTL: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), bus.StreamEvents)
	if err != nil || stream.CachedInfo().Config.MaxAge != time.Hour {
		t.Errorf("age %v, %v", stream.CachedInfo().Config.MaxAge, err)
	}
	for _, class := range bus.JobClasses {
		consumer, err := js.Consumer(t.Context(), bus.StreamJobs, bus.JobConsumer(class))
		if err != nil || consumer.CachedInfo().Config.AckWait != 2*time.Second {
			t.Errorf("%s: %v", class, err)
		}
	}
}

// Whoever may write one subject must not be able to wipe the stream: the rollup header would do it.
func TestRollupIsRefused(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	for _, subject := range []string{"st.user.c1.u1.user-provisioned", "jobs.scheduled.c1.r1", "audit.c1", "dead.x"} {
		message := nats.NewMsg(subject)
		message.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupAll)
		if _, err := js.PublishMsg(t.Context(), message); err == nil {
			t.Errorf("%s took a rollup", subject)
		}
	}
}

func TestAuditCannotBeWiped(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	if _, err := js.Publish(t.Context(), "audit.c1.login", []byte("x")); err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), bus.StreamAudit)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err == nil {
		t.Error("was purged")
	}
	if err := stream.DeleteMsg(t.Context(), 1); err == nil {
		t.Error("lost a record")
	}
	config := stream.CachedInfo().Config
	config.DenyPurge = false
	if _, err := js.UpdateStream(t.Context(), config); err == nil {
		t.Error("was opened to purging")
	}
}

// A key's TTL is silently lengthened in a bucket with more than one version of it.
func TestSealedBucketKeepsOneVersion(t *testing.T) {
	_, js := natstest.Bootstrapped(t, bus.Config{})
	bucket, err := js.KeyValue(t.Context(), bus.BucketSealed)
	if err != nil {
		t.Fatal(err)
	}
	status, err := bucket.Status(t.Context())
	if err != nil || status.History() != 1 {
		t.Errorf("history %d, %v", status.History(), err)
	}
}

func TestEmbeddedServerNeedsNoListener(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	server, err := embedded.Start(embedded.Config{StoreDir: t.TempDir(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	js, err := bus.Connect(t.Context(), bus.Connection{Service: "test", InProcess: server, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := bus.Bootstrap(t.Context(), js, bus.Config{}); err != nil {
		t.Fatal(err)
	}
	if info, err := server.Jsz(nil); err != nil || !info.Config.SyncAlways {
		t.Errorf("acknowledges before the disk has it, %v", err)
	}
	if addr := server.Addr(); addr != nil {
		t.Errorf("listens on %v", addr)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := bus.Close(ctx, js); err != nil {
		t.Error(err)
	}
	if err := embedded.Stop(ctx, server); err != nil {
		t.Error(err)
	}
}

func TestNoServerIsSaidSo(t *testing.T) {
	_, err := bus.Connect(t.Context(), bus.Connection{URL: "nats://127.0.0.1:1"})
	if !fault.Is(err, fault.Transient) || fault.NextOf(err) == "" {
		t.Errorf("%v, next %q", err, fault.NextOf(err))
	}
	if _, err := embedded.Start(embedded.Config{StoreDir: t.TempDir(), Listen: "nonsense"}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
