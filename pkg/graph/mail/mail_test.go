package mail_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

func open(t testing.TB, mails int) (*graphtest.Tenant, *mail.Mailbox) {
	t.Helper()
	tenant := graphtest.Start(t, sim.Config{Users: 2, Mails: mails, Seed: 7}, nil)
	return tenant, mail.Open(tenant.Client, tenant.User(0))
}

// copied is a change that outlives its call.
type copied struct {
	raw         string
	attachments []string
	err         error
}

// state reads a folder to the end and returns what is in it then.
func state(t testing.TB, m *mail.Mailbox, round mail.Round, into map[m365.ItemID]copied) string {
	t.Helper()
	link, err := m.Changes(t.Context(), round, func(c mail.Change) error {
		if c.Removed {
			delete(into, c.ID)
			return nil
		}
		whole := copied{raw: string(c.Raw), err: c.Err}
		for _, a := range c.Attachments {
			text := string(a.Raw)
			if a.Open != nil {
				content, err := a.Open(t.Context())
				if err != nil {
					return err
				}
				bytes, err := io.ReadAll(content)
				if err != nil {
					return err
				}
				text += fmt.Sprintf("+%d", len(bytes))
			}
			whole.attachments = append(whole.attachments, text)
		}
		into[c.ID] = whole
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestFoldersAreReadWithTheirNames(t *testing.T) {
	_, box := open(t, 200)
	folders, err := box.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen, total, names := map[m365.FolderID]bool{}, 0, map[string]bool{}
	for _, f := range folders {
		seen[f.ID] = true
		total += f.Messages
		names[f.WellKnown] = true
		if f.Name == "" || f.Parent == "" || len(f.Raw) == 0 {
			t.Errorf("%+v", f)
		}
		if f.Parent != folders[0].Parent && !seen[f.Parent] {
			t.Errorf("%s comes before its parent", f.Name)
		}
	}
	if total != 200 || !names["inbox"] || !names["sentitems"] || !names["drafts"] {
		t.Errorf("%d messages; well-known: %v", total, slices.Sorted(maps.Keys(names)))
	}
}

func TestEverythingIsReadOnceInFewRequests(t *testing.T) {
	tenant, box := open(t, 2000)
	folders, err := box.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var meter graph.Meter
	ctx := graph.WithMeter(t.Context(), &meter)
	messages, withAttachments := 0, 0
	for _, folder := range folders {
		link, err := box.Changes(ctx, mail.Round{Folder: folder.ID, Attachments: true}, func(c mail.Change) error {
			messages++
			if len(c.Attachments) > 0 {
				withAttachments++
			}
			if rawjson.True(rawjson.Field(c.Raw, "hasAttachments")) != (len(c.Attachments) > 0) && len(c.Attachments) == 0 {
				t.Errorf("attachments are missing: %v", c.Err)
			}
			return c.Err
		})
		if err != nil || link == "" {
			t.Fatalf("%s: %q, %v", folder.Name, link, err)
		}
	}
	counts := meter.Read()
	calls := counts.Requests + counts.Batched
	t.Logf("%d messages, %d with attachments: %d requests and %d calls in batches", messages, withAttachments, counts.Requests, counts.Batched)
	if messages != 2000 || float64(calls) > 0.35*float64(messages) || counts.Throttled > 0 {
		t.Errorf("%d messages, %+v", messages, counts)
	}
	_ = tenant
}

func TestChangesEndInTheStateThatAFullReadingFinds(t *testing.T) {
	tenant, box := open(t, 300)
	inbox := mail.Round{Folder: "inbox", Attachments: true, PageSize: 40}
	known := map[m365.ItemID]copied{}
	inbox.Link = state(t, box, inbox, known)

	ids := slices.Sorted(maps.Keys(known))
	if err := errors.Join(
		box.Update(t.Context(), ids[0], []byte(`{"isRead":true,"categories":["Red"]}`)),
		box.Delete(t.Context(), ids[1]),
		box.Move(t.Context(), ids[2], "archive"),
	); err != nil {
		t.Fatal(err)
	}
	inbox.Link = state(t, box, inbox, known)

	fresh := map[m365.ItemID]copied{}
	state(t, box, mail.Round{Folder: "inbox", Attachments: true}, fresh)
	compare(t, known, fresh)
	if len(known) == 0 || known[ids[1]].raw != "" || known[ids[2]].raw != "" {
		t.Errorf("%d known, and what went is there", len(known))
	}
	archive := map[m365.ItemID]copied{}
	state(t, box, mail.Round{Folder: "archive"}, archive)
	if archive[ids[2]].raw == "" {
		t.Error("a moved message changes its id")
	}
	_ = tenant
}

func compare(t *testing.T, got, want map[m365.ItemID]copied) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d messages, want %d", len(got), len(want))
	}
	for id, w := range want {
		if plain(got[id].raw) != plain(w.raw) || fmt.Sprint(got[id].attachments) != fmt.Sprint(w.attachments) {
			t.Errorf("message differs:\n%.300s\n%.300s", got[id].raw, w.raw)
			return
		}
	}
}

// plain drops annotations, which depend on how a message was asked for.
func plain(raw string) string {
	for name := range rawjson.Members([]byte(raw)) {
		if strings.HasPrefix(string(name), "@") {
			raw = string(rawjson.Without([]byte(raw), string(name)))
		}
	}
	return raw
}

func TestBrokenRoundIsResumedAtItsPage(t *testing.T) {
	_, box := open(t, 300)
	stop := errors.New("killed")
	known := map[m365.ItemID]copied{}
	next := ""
	_, err := box.Changes(t.Context(), mail.Round{Folder: "inbox", PageSize: 20, Page: func(link string) error { next = link; return stop }},
		func(c mail.Change) error { known[c.ID] = copied{raw: string(c.Raw)}; return nil })
	if !errors.Is(err, stop) || len(known) != 20 || next == "" {
		t.Fatalf("%v after %d messages", err, len(known))
	}
	state(t, box, mail.Round{Folder: "inbox", Link: next, PageSize: 20}, known)
	fresh := map[m365.ItemID]copied{}
	state(t, box, mail.Round{Folder: "inbox"}, fresh)
	compare(t, known, fresh)
}

func TestSummary(t *testing.T) {
	_, box := open(t, 50)
	n := 0
	_, err := box.Changes(t.Context(), mail.Round{Folder: "inbox"}, func(c mail.Change) error {
		var want struct {
			ID, Subject, InternetMessageID, ParentFolderID string
			IsRead                                         bool
			From                                           struct {
				EmailAddress struct{ Name, Address string }
			}
		}
		if err := json.Unmarshal(c.Raw, &want); err != nil {
			return err
		}
		s := mail.Summarise(c.Raw)
		if string(s.ID) != want.ID || s.Subject != want.Subject || s.InternetMessageID != want.InternetMessageID || s.Read != want.IsRead ||
			s.FromAddress != want.From.EmailAddress.Address || string(s.Parent) != want.ParentFolderID || s.Date().IsZero() {
			t.Errorf("%+v of %s", s, c.Raw)
		}
		n++
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d, %v", n, err)
	}
}

func TestMIME(t *testing.T) {
	_, box := open(t, 20)
	known := map[m365.ItemID]copied{}
	state(t, box, mail.Round{Folder: "inbox"}, known)
	for id, c := range known {
		body, err := box.MIME(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil || !bytes.Contains(text, []byte(mail.Summarise([]byte(c.raw)).InternetMessageID)) {
			t.Errorf("%v: %.200s", err, text)
		}
		_ = body.Close()
		return
	}
}

func TestMailboxThatIsNone(t *testing.T) {
	tenant, _ := open(t, 1)
	nobody := mail.Open(tenant.Client, "11111111-1111-4111-8111-111111111111")
	if _, err := nobody.Folders(t.Context()); err == nil || fault.Retryable(err) {
		t.Errorf("%v", err)
	}
	tenant.Fault(faults.Rule{Quirk: "alternating-404"})
	if _, err := mail.Open(tenant.Client, tenant.User(0)).Folders(t.Context()); fault.ReasonOf(err) != "GRAPH_NO_MAILBOX" {
		t.Errorf("%v", err)
	}
}
