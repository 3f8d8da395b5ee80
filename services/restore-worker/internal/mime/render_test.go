package mime_test

import (
	"bytes"
	"fmt"
	"io"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	graphmail "github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/mime"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/letter"
)

// TestWhatIsBuiltReadsLikeTheOriginal compares the text that is built from JSON with the one that
// Exchange gives out, by what a mail program shows.
func TestWhatIsBuiltReadsLikeTheOriginal(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Mails: 150, Seed: 21}, nil)
	user, _ := tenant.Person(0)
	box := graphmail.Open(tenant.Client(), user)
	folders, err := box.Folders(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compared, attached := 0, 0
	for _, folder := range folders {
		built := map[m365.ItemID][]byte{}
		_, err := box.Changes(t.Context(), graphmail.Round{Folder: folder.ID, Attachments: true}, func(c graphmail.Change) error {
			attached += len(c.Attachments)
			built[c.ID] = render(t, c)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for id, text := range built {
			compared++
			compare(t, box, id, text)
		}
	}
	if compared < 100 || attached < 10 {
		t.Errorf("only %d messages with %d attachments were compared", compared, attached)
	}
}

func compare(t *testing.T, box *graphmail.Mailbox, id m365.ItemID, built []byte) {
	t.Helper()
	original, err := box.MIME(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = original.Close() }()
	want, err := io.ReadAll(original)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mail.ReadMessage(bytes.NewReader(built)); err != nil {
		t.Errorf("no mail program reads it: %v", err)
	}
	if bytes.Contains(bytes.ToLower(want), []byte("utf-16")) {
		return // the simulator's oddest mails, whose own text no parser reads well
	}
	if diff := cmp.Diff(describe(want), describe(built)); diff != "" {
		t.Errorf("%s\n%s", diff, built[:min(len(built), 600)])
	}
}

func render(t *testing.T, c graphmail.Change) []byte {
	t.Helper()
	parts := []string{"item", string(c.Raw)}
	for i, a := range c.Attachments {
		parts = append(parts, fmt.Sprintf("attachment/%d", i), string(a.Raw))
	}
	m := &snapshottest.Memory{}
	m.Add(snapshot.Item{ID: "m", Kind: snapshot.Message}, parts...)
	var out bytes.Buffer
	if err := (mime.Renderer{}).Render(t.Context(), &out, m, m.Stored[0]); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// describe says what a mail program shows of a message.
func describe(raw []byte) []string { return shown(letter.Parse(raw, time.Now())) }

func shown(l *letter.Letter) []string {
	lines := []string{
		"subject " + l.Subject, "id " + l.MessageID, "sent " + l.Sent.String(), fmt.Sprint("html ", l.HTML),
		"body " + charset.ReplaceAllString(strings.TrimSpace(strings.ReplaceAll(string(l.Body), "\r\n", "\n")), "charset"),
		fmt.Sprint("from ", one(l.From)), fmt.Sprint("to ", l.To), fmt.Sprint("cc ", l.Cc),
	}
	var files []string
	for _, a := range l.Attachments {
		switch a.Kind {
		case letter.Item:
			files = append(files, fmt.Sprintf("item %q", shown(a.Item)))
		case letter.File:
			if bytes.HasPrefix(a.Bytes(), []byte("Attached as a link")) {
				continue // of which Exchange's own text says nothing
			}
			files = append(files, fmt.Sprintf("file %s %s %s %t %x", a.Name, a.ContentType, a.ContentID, a.Inline, a.Bytes()))
		case letter.Reference: // a link, which MIME cannot hold
		}
	}
	slices.Sort(files)
	return append(lines, files...)
}

var charset = regexp.MustCompile(`charset=[-\w]+`)

func one(a *letter.Address) letter.Address {
	if a == nil {
		return letter.Address{}
	}
	return *a
}

func TestWhatExchangeGaveOutIsKeptByteForByte(t *testing.T) {
	m := &snapshottest.Memory{}
	m.Add(snapshot.Item{ID: "m", Kind: snapshot.Message}, "item", `{"subject":"x"}`, "mime", "Subject: signed\r\n\r\nbody\r\n")
	var out bytes.Buffer
	if err := (mime.Renderer{}).Render(t.Context(), &out, m, m.Stored[0]); err != nil || out.String() != "Subject: signed\r\n\r\nbody\r\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestValuesCannotBeginHeaders(t *testing.T) {
	m := &snapshottest.Memory{}
	m.Add(snapshot.Item{ID: "m", Kind: snapshot.Message}, "item", `{"subject":"a\r\nBcc: x@example.com","internetMessageId":"<1>\r\nX-Evil: 1","categories":["b\nX-Evil: 2"],
		"from":{"emailAddress":{"name":"n\r\nX-Evil: 3","address":"a@example.com"}},"body":{"contentType":"text","content":"hello"},
		"attachments":[{"@odata.type":"#microsoft.graph.fileAttachment","name":"x\r\nX-Evil: 4","contentType":"text/plain\r\nX-Evil: 5","contentBytes":"YQ=="}]}`)
	var out bytes.Buffer
	if err := (mime.Renderer{}).Render(t.Context(), &out, m, m.Stored[0]); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "X-Evil") || strings.HasPrefix(line, "Bcc") {
			t.Errorf("header %q", line)
		}
	}
}
