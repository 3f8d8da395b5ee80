package mail_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

// restored is what of a message must survive.
type restored struct {
	Subject, InternetMessageID, Importance, SentDateTime, ReceivedDateTime string
	Body, From, Sender, ToRecipients, CcRecipients, BccRecipients, ReplyTo any
	Categories                                                             []string
	Flag                                                                   any
	IsRead, IsDraft, HasAttachments                                        bool
	Attachments                                                            []attachment
}

type attachment struct {
	Type         string `json:"@odata.type"`
	Name         string
	ContentType  string
	ContentID    string
	ContentBytes string
	IsInline     bool
}

func essence(t *testing.T, c copied) (r restored) {
	t.Helper()
	if err := json.Unmarshal([]byte(c.raw), &r); err != nil {
		t.Fatal(err)
	}
	for _, raw := range c.attachments {
		var a attachment
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			t.Fatal(err)
		}
		r.Attachments = append(r.Attachments, a)
	}
	return r
}

func TestRestoredMessagesAreAsTheyWere(t *testing.T) {
	tenant, box := open(t, 400)
	target := mail.Open(tenant.Client, tenant.User(1))
	folder, err := target.CreateFolder(t.Context(), mail.Root, "Restored", false)
	if err != nil {
		t.Fatal(err)
	}
	original := map[m365.ItemID]copied{}
	for _, name := range []m365.FolderID{"inbox", "drafts", "sentitems"} {
		state(t, box, mail.Round{Folder: name, Attachments: true}, original)
	}
	made := map[m365.ItemID]m365.ItemID{}
	for id, c := range original {
		var uploads []mail.Upload
		for _, a := range c.attachments {
			uploads = append(uploads, mail.Upload{Raw: []byte(a)})
		}
		draft, err := mail.NewDraft([]byte(c.raw), uploads, string(id))
		if err != nil {
			t.Fatal(err)
		}
		if made[id], err = target.Create(t.Context(), folder.ID, draft); err != nil {
			t.Fatal(err)
		}
	}
	copies := map[m365.ItemID]copied{}
	state(t, target, mail.Round{Folder: folder.ID, Attachments: true}, copies)
	for id, c := range original {
		if diff := cmp.Diff(essence(t, c), essence(t, copies[made[id]])); diff != "" {
			t.Fatal(diff)
		}
	}
	found := map[string]bool{}
	if err := target.Existing(t.Context(), folder.ID, func(e mail.Existing) error {
		found[e.Marker] = e.Finished
		return nil
	}); err != nil || len(found) != len(original) {
		t.Errorf("%d marked of %d, %v", len(found), len(original), err)
	}
	for id := range original {
		if marked, err := target.WithMarker(t.Context(), string(id)); err != nil || len(marked) != 1 || marked[0].ID != made[id] || !marked[0].Finished {
			t.Errorf("%+v, %v", marked, err)
		}
		break
	}
}

func message(t *testing.T, box *mail.Mailbox) (m365.ItemID, []byte) {
	t.Helper()
	known := map[m365.ItemID]copied{}
	state(t, box, mail.Round{Folder: "sentitems"}, known)
	for id, c := range known {
		return id, []byte(c.raw)
	}
	t.Fatal("no message")
	return "", nil
}

func TestLargeAttachmentsAreUploadedInPartsAndReadApart(t *testing.T) {
	tenant, box := open(t, 20)
	content := make([]byte, 20<<20)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	_, raw := message(t, box)
	describe := `{"@odata.type":"#microsoft.graph.fileAttachment","name":"big.bin","contentType":"application/octet-stream","isInline":false,"contentId":"c1"}`
	small := `{"@odata.type":"#microsoft.graph.fileAttachment","name":"a.txt","contentType":"text/plain","isInline":false,"contentBytes":"aGVsbG8="}`
	draft, err := mail.NewDraft(raw, []mail.Upload{
		{Raw: []byte(small)},
		{Raw: []byte(describe), Content: bytes.NewReader(content), Size: int64(len(content))},
		{Raw: []byte(strings.Replace(describe, "big", "middle", 1)), Content: bytes.NewReader(content[:1<<20]), Size: 1 << 20},
	}, "m1")
	if err != nil {
		t.Fatal(err)
	}
	tenant.Fault(faults.Rule{Method: "PUT", Action: "status", Status: 503, Empty: true, Nth: 3})
	id, err := box.Create(t.Context(), "archive", draft)
	if err != nil {
		t.Fatal(err)
	}
	read := map[m365.ItemID]copied{}
	if _, err := box.Changes(t.Context(), mail.Round{Folder: "archive", Attachments: true}, func(c mail.Change) error {
		if c.ID != id {
			return c.Err
		}
		for _, a := range c.Attachments {
			switch {
			case bytes.Contains(a.Raw, []byte(`"big.bin"`)):
				if a.Open == nil || bytes.Contains(a.Raw, []byte("contentBytes")) || !bytes.Contains(a.Raw, []byte(`"contentId":"c1"`)) {
					t.Errorf("%.300s", a.Raw)
				}
				body, err := a.Open(t.Context())
				if err != nil {
					return err
				}
				got, err := io.ReadAll(body)
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("%d bytes, %v", len(got), err)
				}
			case bytes.Contains(a.Raw, []byte(`"middle.bin"`)):
				if !bytes.Contains(a.Raw, []byte(base64.StdEncoding.EncodeToString(content[:1<<20])[:1000])) {
					t.Error("the middle one differs")
				}
			}
		}
		read[c.ID] = copied{attachments: make([]string, len(c.Attachments))}
		return c.Err
	}); err != nil || len(read[id].attachments) != 3 {
		t.Errorf("%d attachments, %v", len(read[id].attachments), err)
	}
}

func TestAttachmentsGoAlongAsFarAsTheyFit(t *testing.T) {
	tenant, box := open(t, 5)
	_, raw := message(t, box)
	var uploads []mail.Upload
	want := 0
	for i := range 5 {
		content := bytes.Repeat([]byte{byte(i)}, 700<<10)
		uploads = append(uploads, mail.Upload{
			Raw:     fmt.Appendf(nil, `{"@odata.type":"#microsoft.graph.fileAttachment","name":"%d.bin","contentType":"x/y","contentBytes":null}`, i),
			Content: bytes.NewReader(content), Size: int64(len(content)),
		})
		want += len(content)
	}
	draft, err := mail.NewDraft(raw, uploads, "m3")
	if err != nil {
		t.Fatal(err)
	}
	tenant.Ledger.Reset()
	id, err := box.Create(t.Context(), "archive", draft)
	if err != nil {
		t.Fatal(err)
	}
	routes := tenant.Ledger.Report().Routes
	created, attached := routes["POST /users/{user}/mailFolders/{folder}/messages"], routes["POST /users/{user}/messages/{message}/attachments"]
	if created.Received > 4<<20-64<<10 || created.Received < 2<<20 || attached.Requests != 2 || len(routes) != 3 {
		t.Errorf("%+v", routes)
	}
	attachments, err := box.Attachments(t.Context(), id)
	for _, a := range attachments {
		plain, decodeErr := base64.StdEncoding.DecodeString(rawjson.Text(rawjson.Field(a.Raw, "contentBytes")))
		if decodeErr != nil || rawjson.Text(rawjson.Field(a.Raw, "name")) != fmt.Sprintf("%d.bin", plain[0]) {
			t.Errorf("%.200s, %v", a.Raw, decodeErr)
		}
		want -= len(plain)
	}
	if err != nil || len(attachments) != 5 || want != 0 {
		t.Errorf("%d attachments, %d bytes are missing, %v", len(attachments), want, err)
	}
}

func TestRestoreThatWasCutOffIsSeenAsUnfinished(t *testing.T) {
	tenant, box := open(t, 20)
	_, raw := message(t, box)
	large := mail.Upload{
		Raw:     []byte(`{"@odata.type":"#microsoft.graph.fileAttachment","name":"big.bin","contentType":"x/y"}`),
		Content: bytes.NewReader(make([]byte, 4<<20)), Size: 4 << 20,
	}
	draft, err := mail.NewDraft(raw, []mail.Upload{large}, "m'2")
	if err != nil {
		t.Fatal(err)
	}
	tenant.Fault(faults.Rule{Method: "POST", Route: "/users/{user}/messages/{message}/attachments/createUploadSession", Action: "status", Status: 403, Code: "ErrorAccessDenied", Times: -1})
	if _, err := box.Create(t.Context(), "archive", draft); !fault.Is(err, fault.Permission) {
		t.Fatalf("%v", err)
	}
	found, err := box.WithMarker(t.Context(), "m'2")
	if err != nil || len(found) != 1 || found[0].Finished {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestFoldersOfARestore(t *testing.T) {
	_, box := open(t, 5)
	parent, err := box.CreateFolder(t.Context(), mail.Root, `A "folder" / é`, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.CreateFolder(t.Context(), mail.Root, `A "folder" / é`, false); !fault.Is(err, fault.Exists) {
		t.Errorf("the same again: %v", err)
	}
	hidden, err := box.CreateFolder(t.Context(), parent.ID, "below", true)
	if err != nil || hidden.Parent != parent.ID || !hidden.Hidden {
		t.Errorf("%+v, %v", hidden, err)
	}
	if found, err := box.ChildNamed(t.Context(), parent.ID, "BELOW"); err != nil || found.ID != hidden.ID {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := box.ChildNamed(t.Context(), parent.ID, "other"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestMessagesAreFoundByTheirMessageID(t *testing.T) {
	_, box := open(t, 20)
	id, raw := message(t, box)
	summary := mail.Summarise(raw)
	want := mail.Existing{
		ID: id, Folder: summary.Parent, MessageID: summary.InternetMessageID, Received: summary.Received, ChangeKey: summary.ChangeKey, Finished: true,
	}
	found, err := box.WithMessageID(t.Context(), summary.InternetMessageID)
	if diff := cmp.Diff([]mail.Existing{want}, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if alone, err := box.WithID(t.Context(), id); err != nil || alone != want {
		t.Errorf("%+v, %v", alone, err)
	}
	if err := box.Purge(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := box.WithID(t.Context(), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("after it was purged: %v", err)
	}
	if _, err := mail.NewDraft([]byte(`{"id":"x"}`), nil, "m"); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}
