package mail_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/sim"
)

// Two processes work on one mailbox through a shared ledger, each with more goroutines than there
// are slots, against the published limits. The mailbox is kept busy and never says 429.
func TestWeAreNeverThrottledByOurOwnDoing(t *testing.T) {
	tenant := graphtest.Start(t, sim.Config{Users: 1, Mails: 1500, Seed: 7, Throttle: true, Latency: 10 * time.Millisecond}, nil)
	ledger := ratelimit.NewMemory()
	shared := func(c *graph.Config) { c.Ledger = ledger }
	var work sync.WaitGroup
	for range 2 {
		box := mail.Open(tenant.NewClient(shared), tenant.User(0))
		folders, err := box.Folders(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range folders {
			work.Go(func() {
				_, err := box.Changes(t.Context(), mail.Round{Folder: folder.ID, Attachments: true, PageSize: 50}, func(c mail.Change) error { return c.Err })
				if err != nil {
					t.Errorf("%s: %v", folder.Name, err)
				}
			})
		}
	}
	work.Wait()
	report := tenant.Ledger.Report()
	for user, count := range report.Users {
		if count.Throttled != 0 || count.MaxParallel > 4 || count.MaxParallel < 3 {
			t.Errorf("%s: %+v", user, count)
		}
	}
}
