//go:build weather

package fleet_test

import (
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// TestNotifierKilledWhileItPosts kills notifier while the receiver still reads: nobody knows whether the
// fact has arrived, so it comes again, under the same webhook id, once the claim of the dead process ends.
func TestNotifierKilledWhileItPosts(t *testing.T) {
	b := start(t, fleet.Options{FreePorts: true}, sim.Config{Users: 4, Seed: 22})
	inbox := newInbox(t)
	var channel notifyv1.CreateChannelResponse
	b.ask(&channel, "channel", "add-webhook", inbox.URL)
	b.do("rule", "add", channel.GetChannel().GetName(), "user-provisioned")
	b.do("connection", "add", "--cloud", "sim", "--simulator", b.tenant.URL)
	b.do("mapping", "add", "--all", "--profile", "standard")
	select {
	case <-inbox.first:
	case <-time.After(time.Minute):
		t.Fatal("nothing was posted")
	}
	b.Kill("notifier")
	if err := b.Restart(t.Context(), "notifier"); err != nil {
		t.Fatal(err)
	}
	b.until("every fact has arrived", 3*time.Minute, func() bool { return len(inbox.facts("")) == 4 && b.delivered() })
	for event, ids := range inbox.facts("") {
		if len(ids) != 1 {
			t.Errorf("fact %s came under %d webhook ids: %v", event, len(ids), ids)
		}
	}
	if inbox.count() == 4 {
		t.Error("no post was cut off: the kill came too late")
	}
	t.Logf("%d posts for 4 facts", inbox.count())
}
