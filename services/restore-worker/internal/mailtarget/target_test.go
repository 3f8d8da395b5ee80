package mailtarget_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/mailtarget"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
	"github.com/tenantkeep/tenantkeep/sim"
)

// capture reads a mailbox as backup-worker does, into memory: what files hold is kept by itself.
func capture(t *testing.T, box *mail.Mailbox) *snapshottest.Memory {
	t.Helper()
	m := &snapshottest.Memory{}
	folders, err := box.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		m.Tree = append(m.Tree, snapshot.Folder{ID: string(folder.ID), Parent: string(folder.Parent), Name: folder.Name, WellKnown: folder.WellKnown, Hidden: folder.Hidden})
		_, err := box.Changes(t.Context(), mail.Round{Folder: folder.ID, Attachments: true}, func(c mail.Change) error {
			if c.Removed || c.Err != nil {
				return fmt.Errorf("change %+v", c)
			}
			s := mail.Summarise(c.Raw)
			parts := []string{"item", string(bytes.Clone(c.Raw))}
			for i, a := range c.Attachments {
				name := fmt.Sprintf("attachment/%d", i)
				if a.Open != nil {
					return fmt.Errorf("attachment of %d bytes", a.Size)
				}
				if content := rawjson.Text(rawjson.Field(a.Raw, "contentBytes")); len(content) >= 1<<10 {
					plain, err := base64.StdEncoding.DecodeString(content)
					if err != nil {
						return err
					}
					parts = append(parts, name, string(rawjson.Without(a.Raw, "contentBytes")), name+"/content", string(plain))
					continue
				}
				parts = append(parts, name, string(a.Raw))
			}
			m.Add(snapshot.Item{ID: string(s.ID), Folder: string(folder.ID), Kind: snapshot.Message, Title: s.Subject, Time: s.Received, Version: s.ChangeKey, Size: int64(len(c.Raw))}, parts...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func run(ctx context.Context, reader snapshot.Reader, box *mail.Mailbox, order restore.Order) (restore.Report, error) {
	tally := &restore.Tally{}
	r := &restore.Restore{Order: order, Reader: reader, Target: mailtarget.New(box), Parallel: 4, Tally: tally, Pause: bus.Pause}
	err := r.Run(ctx)
	return tally.Report(), err
}

func mustRun(t *testing.T, reader snapshot.Reader, box *mail.Mailbox, order restore.Order) restore.Report {
	t.Helper()
	report, err := run(t.Context(), reader, box, order)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range report.Failures {
		t.Errorf("item %s: %v", failure.Item, failure.Err)
	}
	return report
}

const mails = 120

func TestADeletedMailboxComesBackAsItWas(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 2, Mails: mails, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	before := tenant.Content(user, m365.Mail)
	saved := capture(t, box)

	tenant.Disaster(user, m365.Mail)
	if left := tenant.Content(user, m365.Mail); len(left) >= len(before) {
		t.Fatalf("the disaster left %d of %d", len(left), len(before))
	}
	report := mustRun(t, saved, box, restore.Order{ID: "one", InPlace: true})
	if report.Created != int64(len(saved.Stored)) {
		t.Errorf("report %+v", report)
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Mail)); diff != "" {
		t.Errorf("after the restore: %s", diff)
	}

	report = mustRun(t, saved, box, restore.Order{ID: "two", InPlace: true})
	if report.Created != 0 || report.Skipped != int64(len(saved.Stored)) {
		t.Errorf("second restore: %+v", report)
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Mail)); diff != "" {
		t.Errorf("after the second restore: %s", diff)
	}
}

// TestARestoredMailCostsOneRequest counts what the simulator was asked for.
func TestARestoredMailCostsOneRequest(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: 500, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	saved := capture(t, box)
	apart := 0
	for _, item := range saved.Stored {
		for _, part := range item.Parts {
			if strings.HasSuffix(part.Name, "/content") {
				apart++
			}
		}
	}
	tenant.Disaster(user, m365.Mail)
	tenant.Ledger.Reset()
	mustRun(t, saved, box, restore.Order{ID: "one", InPlace: true})
	report := tenant.Ledger.Report()
	created := report.Routes["POST /users/{user}/mailFolders/{folder}/messages"].Requests
	perMail := float64(report.Total.Requests) / float64(len(saved.Stored))
	t.Logf("%d mails, %d attachments kept apart: %d requests, %.2f per mail", len(saved.Stored), apart, report.Total.Requests, perMail)
	if apart < 50 || created != len(saved.Stored) || report.Total.Requests > len(saved.Stored)+40 {
		t.Errorf("%d mails created; %+v", created, report.Routes)
	}
}

func TestAnotherUserGetsEverything(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 2, Mails: mails, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	other, _ := tenant.Person(1)
	before := tenant.Content(user, m365.Mail)
	saved := capture(t, mail.Open(tenant.Client(), user))
	tenant.Disaster(other, m365.Mail)
	mustRun(t, saved, mail.Open(tenant.Client(), other), restore.Order{ID: "one"})
	if diff := cmp.Diff(before, tenant.Content(other, m365.Mail)); diff != "" {
		t.Error(diff)
	}
}

// TestOneItem covers the way that asks for each message instead of listing them all.
func TestOneItem(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: 400, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	saved := snapshotOfInbox(t, box, 3)
	item := saved.Stored[1]
	in := []snapshot.Selector{{ID: item.ID}}

	for _, test := range []struct {
		name    string
		order   restore.Order
		created int64
		total   int
	}{
		{"alive and unchanged", restore.Order{ID: "a", InPlace: true, Selectors: in}, 0, 1},
		{"alive and unchanged, replace", restore.Order{ID: "b", InPlace: true, Selectors: in, Policy: restore.ReplaceExisting}, 0, 1},
		{"a copy beside it", restore.Order{ID: "c", InPlace: true, Selectors: in, Policy: restore.CopyBeside}, 1, 2},
		{"no second copy", restore.Order{ID: "d", InPlace: true, Selectors: in, Policy: restore.CopyBeside}, 0, 2},
		{"into a folder", restore.Order{ID: "e", Into: "Back/here", Selectors: in}, 1, 3},
		{"into that folder again", restore.Order{ID: "f", Into: "back/HERE", Selectors: in}, 0, 3},
	} {
		report := mustRun(t, saved, box, test.order)
		if report.Created != test.created {
			t.Errorf("%s: %+v", test.name, report)
		}
		if got := alike(t, box, item); got != test.total {
			t.Errorf("%s: %d in the mailbox, want %d", test.name, got, test.total)
		}
	}
}

// alike is how many messages have the Message-ID of an item.
func alike(t *testing.T, box *mail.Mailbox, item snapshot.Item) int {
	t.Helper()
	raw, err := box.Message(t.Context(), m365.ItemID(item.ID))
	if err != nil {
		t.Fatal(err)
	}
	found, err := box.WithMessageID(t.Context(), mail.Summarise(raw).InternetMessageID)
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// snapshotOfInbox holds the first messages of the inbox.
func snapshotOfInbox(t *testing.T, box *mail.Mailbox, n int) *snapshottest.Memory {
	t.Helper()
	inbox, err := box.Folder(t.Context(), "inbox")
	if err != nil {
		t.Fatal(err)
	}
	m := &snapshottest.Memory{Tree: []snapshot.Folder{{ID: string(inbox.ID), Name: inbox.Name, WellKnown: "inbox"}}}
	err = box.Existing(t.Context(), inbox.ID, func(e mail.Existing) error {
		if len(m.Stored) == n {
			return nil
		}
		raw, err := box.Message(t.Context(), e.ID)
		m.Add(snapshot.Item{ID: string(e.ID), Folder: string(inbox.ID), Kind: snapshot.Message, Version: e.ChangeKey}, "item", string(raw))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestReplaceTakesTheOldOneAway(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: mails, Seed: 7}, nil)
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	before := tenant.Content(user, m365.Mail)
	saved := capture(t, box)
	tenant.Fate("/sim/change", map[string]any{"user": user, "workload": "mail", "share": 0.3, "seed": 3})
	report := mustRun(t, saved, box, restore.Order{ID: "one", InPlace: true, Policy: restore.ReplaceExisting})
	if report.Replaced == 0 || report.Created == 0 {
		t.Errorf("report %+v", report)
	}
	after := tenant.Content(user, m365.Mail)
	have := map[string]int{}
	for _, line := range after {
		have[line.Path+line.Kind+line.Name+line.Digest]++
	}
	for _, line := range before {
		if key := line.Path + line.Kind + line.Name + line.Digest; have[key] != 1 {
			t.Errorf("%d times: %+v", have[key], line)
		}
	}
}

// TestKilledAndResumed ends a restore after every few calls, at once and without a word, until it is through.
func TestKilledAndResumed(t *testing.T) {
	var calls, limit atomic.Int64
	limit.Store(1 << 40)
	var kill atomic.Pointer[context.CancelFunc]
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: mails, Seed: 11}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r) // what was asked is done; whether the answer arrives is another matter
			if strings.HasPrefix(r.URL.Path, "/v1.0") && r.Method == http.MethodPost && calls.Add(1) >= limit.Load() {
				(*kill.Load())()
			}
		})
	})
	user, _ := tenant.Person(0)
	box := mail.Open(tenant.Client(), user)
	before := tenant.Content(user, m365.Mail)
	saved := capture(t, box)
	tenant.Disaster(user, m365.Mail)

	for round := 1; ; round++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		kill.Store(&cancel)
		calls.Store(0)
		limit.Store(int64(3 + 5*round%17))
		if round > 20 {
			limit.Store(1 << 40)
		}
		_, err := run(ctx, saved, box, restore.Order{ID: "one", InPlace: true})
		cancel()
		if err := tenant.Settle(t.Context()); err != nil { // a successor begins half a minute later
			t.Fatal(err)
		}
		if err == nil {
			break
		}
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Mail)); diff != "" {
		t.Error(diff)
	}
}
