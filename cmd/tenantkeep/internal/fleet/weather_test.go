package fleet_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	notifyv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/notify/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// TestKillsBesideTheWorkers kills the services that do not carry the content, each several times while
// a tenant is imported, backed up and told of: every user and every backup is there once, and every
// fact arrives, under one webhook id however often it is sent.
func TestKillsBesideTheWorkers(t *testing.T) {
	const users = 8
	t.Setenv("TENANTKEEP_ACK_WAIT", "2s")
	b := start(t, fleet.Options{FreePorts: true}, sim.Config{Users: users, Mails: 60, Files: 10, Seed: 21, Latency: 60 * time.Millisecond})
	inbox := newInbox(t)
	var channel notifyv1.CreateChannelResponse
	b.ask(&channel, "channel", "add-webhook", inbox.URL)
	b.do("rule", "add", channel.GetChannel().GetName(), "user-provisioned", "backup-completed")
	b.do("connection", "add", "--cloud", "sim", "--simulator", b.tenant.URL)
	b.do("mapping", "add", "--all", "--profile", "standard")

	for _, victim := range []string{"directory-sync", "auth-broker", "notifier", "directory-sync", "auth-broker", "notifier"} {
		b.Kill(victim)
		if err := b.Restart(t.Context(), victim); err != nil {
			t.Fatal(err)
		}
		seen := inbox.count()
		b.settled(seen, inbox) // the next kill hits other work
	}
	b.until("every backup is there", time.Minute, func() bool { return b.backedUp() == 2*users })
	var all directoryv1.ListUsersResponse
	b.askUntil(&all, "user", "list")
	if len(all.GetUsers()) != users {
		t.Errorf("%d users of %d", len(all.GetUsers()), users)
	}
	b.until("every fact has arrived", 90*time.Second, func() bool { return len(inbox.facts("tenantkeep.user-provisioned.v1")) == users && b.delivered() })
	for kind, want := range map[string]int{"tenantkeep.user-provisioned.v1": users, "tenantkeep.backup-completed.v1": 2 * users} {
		facts := inbox.facts(kind)
		if len(facts) < want || kind == "tenantkeep.user-provisioned.v1" && len(facts) != want {
			t.Errorf("%d facts %s of %d", len(facts), kind, want)
		}
		for event, ids := range facts {
			if len(ids) != 1 {
				t.Errorf("fact %s came under %d webhook ids: %v", event, len(ids), ids)
			}
		}
	}
	t.Logf("%d posts for %d facts", inbox.count(), len(inbox.facts("")))
}

// settled waits until a little more has happened, or a moment if nothing does.
func (b *bench) settled(seen int, inbox *inbox) {
	b.Helper()
	moment := time.Now().Add(700 * time.Millisecond)
	b.until("a moment", time.Minute, func() bool { return inbox.count() > seen+1 || time.Now().After(moment) })
}

// backedUp counts the resources with a backup; servers may be restarting.
func (b *bench) backedUp() int {
	b.Helper()
	var all backupv1.ListResourcesResponse
	b.askUntil(&all, "resource", "list")
	done := 0
	for _, r := range all.GetResources() {
		if r.GetLastSuccess() != nil {
			done++
		}
	}
	return done
}

// delivered tells whether no delivery waits any more.
func (b *bench) delivered() bool {
	b.Helper()
	var all notifyv1.ListDeliveriesResponse
	b.askUntil(&all, "delivery", "list")
	return !slices.ContainsFunc(all.GetDeliveries(), func(d *notifyv1.Delivery) bool { return d.GetState() == notifyv1.DeliveryState_DELIVERY_STATE_QUEUED })
}

// inbox is the receiver of a webhook. It takes its time, so that a sender can die meanwhile.
type inbox struct {
	URL   string
	first chan struct{} // closed when something is being posted

	mu    sync.Mutex
	posts []post
}

type post struct{ id, kind, event string }

func newInbox(t *testing.T) *inbox {
	in := &inbox{first: make(chan struct{})}
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	in.URL = server.URL
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var fact struct {
		Type    string
		EventID string `json:"event_id"`
	}
	if err == nil {
		err = json.Unmarshal(body, &fact)
	}
	if err != nil {
		http.Error(w, fmt.Sprint(err), http.StatusBadRequest)
		return
	}
	in.mu.Lock()
	if in.posts == nil {
		close(in.first)
	}
	in.posts = append(in.posts, post{r.Header.Get("webhook-id"), fact.Type, fact.EventID})
	in.mu.Unlock()
	select {
	case <-time.After(100 * time.Millisecond):
	case <-r.Context().Done():
	}
}

func (in *inbox) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.posts)
}

// facts are the facts of a kind, or all, that came, each with the webhook ids that it came under.
func (in *inbox) facts(kind string) map[string][]string {
	in.mu.Lock()
	defer in.mu.Unlock()
	found := map[string][]string{}
	for _, p := range in.posts {
		if (kind == "" || p.kind == kind) && !slices.Contains(found[p.event], p.id) {
			found[p.event] = append(found[p.event], p.id)
		}
	}
	return found
}
