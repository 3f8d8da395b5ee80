package mailsource

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
)

func TestContentOfFilesLiesByItself(t *testing.T) {
	content := strings.Repeat("the bytes of a file, ", 100)
	encoded := base64.StdEncoding.EncodeToString([]byte(content))
	got := attachmentOf(mail.Attachment{Raw: []byte(`{"@odata.type":"#microsoft.graph.fileAttachment","contentBytes":"` + encoded + `","name":"a.txt"}`)})
	if string(got.Content) != content || strings.Contains(string(got.JSON), "contentBytes") || !strings.Contains(string(got.JSON), `"name":"a.txt"`) {
		t.Errorf("%s and %d bytes", got.JSON, len(got.Content))
	}
	for name, raw := range map[string]string{
		"small":       `{"contentBytes":"aGVsbG8="}`,
		"escaped":     `{"contentBytes":"` + strings.Repeat(`ab\/d`, 400) + `"}`,
		"without any": `{"name":"a link"}`,
		"null":        `{"contentBytes":null}`,
	} {
		if got := attachmentOf(mail.Attachment{Raw: []byte(raw)}); got.Content != nil || string(got.JSON) != raw {
			t.Errorf("%s: %s and %d bytes", name, got.JSON, len(got.Content))
		}
	}
}

func TestWhatNeedsItsMIME(t *testing.T) {
	attached := func(kind, name string) []mail.Attachment {
		return []mail.Attachment{{Raw: []byte(fmt.Sprintf(`{"id":"1","name":%q,"contentType":%q}`, name, kind))}}
	}
	for name, test := range map[string]struct {
		raw         string
		attachments []mail.Attachment
		want        bool
	}{
		"a plain message":        {`{"id":"1","subject":"x"}`, nil, false},
		"that says so":           {`{"@odata.type":"#microsoft.graph.message","id":"1"}`, nil, false},
		"a meeting request":      {`{"@odata.type":"#microsoft.graph.eventMessageRequest","@odata.etag":"W/1","id":"1"}`, nil, true},
		"type after the etag":    {`{"@odata.etag":"W/1","@odata.type":"#microsoft.graph.eventMessage","id":"1"}`, nil, true},
		"an encrypted message":   {`{"id":"1"}`, attached("application/pkcs7-mime", "smime.p7m"), true},
		"a signed message":       {`{"id":"1"}`, attached("multipart/signed; micalg=sha256", "smime.p7m"), true},
		"an envelope by name":    {`{"id":"1"}`, attached("application/octet-stream", "SMIME.P7M"), true},
		"an ordinary attachment": {`{"id":"1"}`, attached("application/pdf", "plan.pdf"), false},
	} {
		if got := changeOf(mail.Change{ID: "1", Raw: []byte(test.raw), Attachments: test.attachments}).MIME; got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRecipientsAreCut(t *testing.T) {
	few := strings.TrimSuffix(strings.Repeat("a@example.com, ", 3), ", ")
	if got := cut(few); got != few {
		t.Error(got)
	}
	many := strings.TrimSuffix(strings.Repeat("a@example.com, ", 1000), ", ")
	if got := cut(many); strings.Count(got, "@") != mostRecipients || strings.HasSuffix(got, ", ") {
		t.Error(got)
	}
}
