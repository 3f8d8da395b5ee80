package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

const deltaRoute = "/users/{user}/mailFolders/{folder}/messages/delta"

func TestEveryQuirkIsHandled(t *testing.T) {
	tests := map[string]func(*testing.T){
		"delta-on-full-mailbox":    listsFullMailbox,
		"messages-twice":           lastOccurrenceCounts,
		"sparse-read-state":        readsWhatSparseDeltasLeaveOut,
		"empty-503":                same(faults.Rule{Quirk: "large-page"}),
		"mailbox-concurrency":      same(faults.Rule{Quirk: "mailbox-concurrent", Times: 3}),
		"no-mailbox-in-two-words":  seesNoMailbox,
		"error-inside-200":         pageOnce(`{"value":[{"error":{"code":"generalException","message":"x"}}]}`, `{"value":[{"id":"a"}]}`),
		"truncated-page":           same(faults.Rule{Method: "GET", Route: deltaRoute, Action: "truncate", Nth: 2}),
		"no-retry-after":           same(faults.Rule{Method: "GET", Route: deltaRoute, Action: "storm", Times: 1}),
		"fixed-retry-after":        handsLongWaitsBack,
		"range-without-accept":     inPackage("drive: TestDownloadSurvives"),
		"expired-download-address": inPackage("drive: TestDownloadSurvives"),
		"too-many-attachments":     same(faults.Rule{Quirk: "many-attachments"}),
		"broken-attachment":        notesBrokenAttachments,
		"control-characters":       escapesControlCharacters,
		"lost-delta-token":         resyncsMail,
		"lost-directory-token":     inPackage("directory: TestLostTokenMeansResync"),
		"inline-attachments":       readsInlineAttachments,
		"throttled-batch-members":  inPackage("graph: TestThrottledMembersAreSentAgain"),
		"drive-round-lost-as-404":  resyncsDrive,
	}
	for _, quirk := range graph.Quirks {
		test := tests[quirk.Name]
		if test == nil {
			t.Errorf("%s has no test", quirk.Name)
			continue
		}
		t.Run(quirk.Name, test)
		delete(tests, quirk.Name)
	}
	for name := range tests {
		t.Errorf("%s is tested and not in the table", name)
	}
}

// inPackage names the test of a quirk that needs a server of its own kind.
func inPackage(where string) func(*testing.T) {
	return func(t *testing.T) { t.Log("held by " + where) }
}

func start(t *testing.T, mails int) (*graphtest.Tenant, *mail.Mailbox) {
	t.Helper()
	tenant := graphtest.Start(t, sim.Config{Users: 1, Mails: mails, Seed: 7}, nil)
	return tenant, mail.Open(tenant.Client, tenant.User(0))
}

type contents map[m365.ItemID]string

// read applies a round to what is known of the inbox.
func (c contents) read(t *testing.T, m *mail.Mailbox, link string) string {
	t.Helper()
	next, err := m.Changes(t.Context(), mail.Round{Folder: "inbox", Link: link, Attachments: true, PageSize: 100}, func(change mail.Change) error {
		if change.Removed {
			delete(c, change.ID)
			return nil
		}
		if !json.Valid(change.Raw) {
			t.Errorf("not JSON: %.200q", change.Raw)
		}
		text := plain(change.Raw)
		for _, a := range change.Attachments {
			text += string(a.Raw)
		}
		c[change.ID] = text
		return change.Err
	})
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// plain drops annotations, in which listings and deltas differ.
func plain(raw []byte) string {
	for name := range rawjson.Members(raw) {
		if name[0] == '@' {
			raw = rawjson.Without(raw, string(name))
		}
	}
	return string(raw)
}

func (c contents) mustBe(t *testing.T, want contents) {
	t.Helper()
	if len(c) != len(want) || len(c) == 0 {
		t.Errorf("%d messages, want %d", len(c), len(want))
	}
	for id := range want {
		if c[id] != want[id] {
			t.Errorf("differs:\n%.300s\n%.300s", c[id], want[id])
			return
		}
	}
}

// same expects that a reading under a fault ends in what a reading in peace finds.
func same(rule faults.Rule) func(*testing.T) {
	return func(t *testing.T) {
		tenant, box := start(t, 300)
		want, got := contents{}, contents{}
		want.read(t, box, "")
		tenant.Fault(rule)
		if link := got.read(t, box, ""); link == "" {
			t.Error("no link for the next round")
		}
		got.mustBe(t, want)
	}
}

func listsFullMailbox(t *testing.T) {
	tenant, box := start(t, 200)
	want, got := contents{}, contents{}
	link := want.read(t, box, "")
	tenant.Fault(faults.Rule{Quirk: "full-mailbox"})
	if next := got.read(t, box, ""); next != "" {
		t.Errorf("link %q", next)
	}
	got.mustBe(t, want)
	if _, err := box.Changes(t.Context(), mail.Round{Folder: "inbox", Link: link}, func(mail.Change) error { return nil }); !fault.Is(err, fault.Resync) {
		t.Errorf("with a link: %v", err)
	}
}

func lastOccurrenceCounts(t *testing.T) {
	tenant, box := start(t, 200)
	tenant.Fault(faults.Rule{Quirk: "twice-after-move"})
	tenant.Fault(faults.Rule{Quirk: "replay"})
	known, archive := contents{}, []m365.ItemID{}
	link := known.read(t, box, "")
	for id := range known {
		archive = append(archive, id)
	}
	for _, step := range []m365.FolderID{"archive", "inbox"} {
		if err := box.Move(t.Context(), archive[0], step); err != nil {
			t.Fatal(err)
		}
		link = known.read(t, box, link)
	}
	want := contents{}
	want.read(t, box, "")
	known.mustBe(t, want)
}

func readsWhatSparseDeltasLeaveOut(t *testing.T) {
	tenant, box := start(t, 200)
	tenant.Fault(faults.Rule{Quirk: "sparse-read-state"})
	known := contents{}
	link := known.read(t, box, "")
	for id, text := range known {
		flip := fmt.Sprintf(`{"isRead":%t}`, !strings.Contains(text, `"isRead":true`))
		if err := box.Update(t.Context(), id, []byte(flip)); err != nil {
			t.Fatal(err)
		}
	}
	known.read(t, box, link)
	want := contents{}
	want.read(t, box, "")
	known.mustBe(t, want)
}

func seesNoMailbox(t *testing.T) {
	tenant, box := start(t, 1)
	tenant.Fault(faults.Rule{Quirk: "alternating-404"})
	for range 4 {
		if _, err := box.Folder(t.Context(), "inbox"); fault.ReasonOf(err) != "GRAPH_NO_MAILBOX" || !fault.Is(err, fault.Precondition) {
			t.Errorf("%v", err)
		}
	}
}

func handsLongWaitsBack(t *testing.T) {
	tenant, _ := start(t, 20)
	client := tenant.NewClient(func(c *graph.Config) { c.Patience = time.Second })
	tenant.Fault(faults.Rule{Quirk: "fixed-retry-after"})
	tenant.Fault(faults.Rule{Method: "GET", Route: deltaRoute, Action: "storm", RetryAfter: 120})
	_, err := mail.Open(client, tenant.User(0)).Changes(t.Context(), mail.Round{Folder: "inbox"}, func(mail.Change) error { return nil })
	if !fault.Is(err, fault.Throttled) || fault.RetryAfterOf(err) != 2*time.Minute {
		t.Errorf("%v after %s", err, fault.RetryAfterOf(err))
	}
}

func notesBrokenAttachments(t *testing.T) {
	tenant, box := start(t, 200)
	tenant.Fault(faults.Rule{Quirk: "broken-attachment"})
	tenant.Fault(faults.Rule{Method: "GET", Route: "/users/{user}/messages/{message}/attachments", Action: "status", Status: 500, Code: "ErrorCannotOpenFileAttachment"})
	broken, whole := 0, 0
	link, err := box.Changes(t.Context(), mail.Round{Folder: "inbox", Attachments: true}, func(c mail.Change) error {
		if len(c.Raw) == 0 {
			t.Error("the message itself is lost")
		}
		if c.Err != nil {
			broken++
			if fault.ReasonOf(c.Err) != "GRAPH_CORRUPT" {
				t.Errorf("no reason: %v", c.Err)
			}
			return nil
		}
		whole++
		return nil
	})
	if err != nil || link == "" || broken != 1 || whole == 0 {
		t.Errorf("%d broken, %d whole, %v", broken, whole, err)
	}
}

func escapesControlCharacters(t *testing.T) {
	tenant, box := start(t, 200)
	tenant.Fault(faults.Rule{Quirk: "control-characters"})
	known := contents{}
	known.read(t, box, "") // fails the test on what is no JSON
	if len(known) == 0 {
		t.Error("nothing was read")
	}
}

func resyncsMail(t *testing.T) {
	tenant, box := start(t, 50)
	link := contents{}.read(t, box, "")
	tenant.Fault(faults.Rule{Method: "GET", Route: deltaRoute, Action: "status", Status: 410, Code: "SyncStateNotFound", Message: "The sync state generation is not found; generation=149"})
	if _, err := box.Changes(t.Context(), mail.Round{Folder: "inbox", Link: link}, func(mail.Change) error { return nil }); !fault.Is(err, fault.Resync) {
		t.Errorf("%v", err)
	}
}

func readsInlineAttachments(t *testing.T) {
	tenant, box := start(t, 5)
	draft, err := mail.NewDraft([]byte(`{"subject":"inline","body":{"contentType":"html","content":"<img src=\"cid:logo\">"}}`), []mail.Upload{{
		Raw: []byte(`{"@odata.type":"#microsoft.graph.fileAttachment","name":"l.png","contentType":"image/png","contentId":"logo","isInline":true,"contentBytes":"aGVsbG8="}`),
	}}, "m")
	if err != nil {
		t.Fatal(err)
	}
	id, err := box.Create(t.Context(), "archive", draft)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	if _, err := box.Changes(t.Context(), mail.Round{Folder: "archive", Attachments: true}, func(c mail.Change) error {
		if c.ID == id {
			found = len(c.Attachments) == 1 && bytes.Contains(c.Attachments[0].Raw, []byte(`"logo"`))
		}
		return c.Err
	}); err != nil || !found {
		t.Errorf("found %t, %v", found, err)
	}
	_ = tenant
}

func resyncsDrive(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":{"code":"itemNotFound","message":"The resource could not be found."}}`)
	}))
	t.Cleanup(server.Close)
	tenant := graphtest.Start(t, sim.Config{Users: 1, Seed: 1}, nil)
	client := tenant.NewClient(func(c *graph.Config) { c.Cloud.Graph = server.URL })
	_, err := drive.Open(client, "d").Changes(t.Context(), drive.Round{Link: server.URL + "/v1.0/drives/d/root/delta?token=80"}, func(drive.Item) error { return nil })
	if !fault.Is(err, fault.Resync) {
		t.Errorf("%v", err)
	}
}

// pageOnce serves the first page once and the second from then on.
func pageOnce(first, then string) func(*testing.T) {
	return func(t *testing.T) {
		requests := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if requests++; requests == 1 {
				fmt.Fprint(w, first)
				return
			}
			fmt.Fprint(w, then)
		}))
		t.Cleanup(server.Close)
		tenant := graphtest.Start(t, sim.Config{Users: 1, Seed: 1}, nil)
		client := tenant.NewClient(func(c *graph.Config) { c.Cloud.Graph = server.URL })
		items := 0
		_, err := client.Read(t.Context(), graph.Pages{First: graph.Request{Path: "/users/u/messages"}, Item: func([]byte) error { items++; return nil }})
		if err != nil || items != 1 || requests != 2 {
			t.Errorf("%d items after %d requests, %v", items, requests, err)
		}
	}
}
