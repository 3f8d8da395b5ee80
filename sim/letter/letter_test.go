package letter_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/letter"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestABuiltLetterIsReadAsItWas(t *testing.T) {
	inner := &letter.Letter{Subject: "Inner", Body: []byte("inside"), MessageID: "<2@x>", Sent: now, Importance: "normal"}
	picture := letter.NewFile("bild.png", "image/png", []byte{1, 2, 3})
	picture.Inline, picture.ContentID = true, "image1@x"
	l := &letter.Letter{
		Subject: "Müll & Ärger", Body: []byte("<p>Grüße <img src=\"cid:image1@x\"></p>"), HTML: true, Charset: "iso-8859-1", Importance: "high",
		From: &letter.Address{Name: "Jörg, X", Address: "j@x.example"}, To: []letter.Address{{Name: "", Address: "a@x.example"}, {Name: "B", Address: "b@x.example"}},
		Sent: now, Received: now, MessageID: "<1@x>",
		Attachments: []*letter.Attachment{picture, letter.NewFile("見積書.pdf", "application/pdf", bytes.Repeat([]byte{0xff}, 500)), {Kind: letter.Item, Name: "Inner", Item: inner}},
	}
	got := letter.Parse(l.Build(), now)
	if got.Subject != l.Subject || string(bytes.TrimSpace(got.Body)) != string(l.Body) || !got.HTML || *got.From != *l.From || len(got.To) != 2 || !got.Sent.Equal(now) || got.Importance != "high" {
		t.Errorf("%+v", got)
	}
	if len(got.Attachments) != 3 {
		t.Fatalf("%d attachments", len(got.Attachments))
	}
	for i, a := range got.Attachments {
		want := l.Attachments[i]
		if a.Kind != want.Kind || a.Name != want.Name || a.Inline != want.Inline || a.ContentID != want.ContentID || a.Kind == letter.File && !bytes.Equal(a.Bytes(), want.Bytes()) {
			t.Errorf("attachment %d: %+v", i, a)
		}
	}
	if got.Attachments[2].Item.Subject != "Inner" {
		t.Errorf("%+v", got.Attachments[2].Item)
	}
}

func TestABodyIsReadAsItWasInEveryCharset(t *testing.T) {
	body := "Zeile eins \u010a\u0d0d und zwei\r\nGrüße, Ünïcode\r\n" + strings.Repeat("lang ", 40)
	for _, charset := range []string{"", "utf-8", "utf-16le", "utf-16be", "UTF-16LE"} {
		l := &letter.Letter{Subject: "x", Body: []byte(body), Charset: charset, Sent: now, Received: now, MessageID: "<1@x>"}
		raw := l.Build()
		if got := letter.Parse(raw, now); strings.TrimSpace(string(got.Body)) != strings.TrimSpace(body) {
			t.Errorf("%s: %q", charset, got.Body)
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 998 || bytes.ContainsAny(line, "\x00\r\n") {
				t.Errorf("%s: no line of a mail: %q", charset, line)
			}
		}
	}
}

func TestOddMailIsNeverRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"nothing":           "",
		"no header":         "just text",
		"binary":            "\x00\x01\xff\xfe",
		"unknown charset":   "Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\nbody",
		"unknown encoding":  "Subject: x\r\nContent-Transfer-Encoding: 9bit\r\n\r\nbody",
		"broken multipart":  "Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
		"no boundary":       "Subject: x\r\nContent-Type: multipart/mixed\r\n\r\nbody",
		"broken base64":     "Subject: x\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
		"a header too long": "Subject: " + strings.Repeat("long ", 50_000) + "\r\n\r\nbody",
		"bad addresses":     "From: <<>>\r\nTo: a,,b;c\r\nSubject: x\r\n\r\nbody",
	} {
		t.Run(name, func(t *testing.T) {
			l := letter.Parse([]byte(raw), now)
			if l == nil || string(l.MIME) != raw || l.MessageID == "" || l.Received.IsZero() {
				t.Errorf("%+v", l)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nz\r\n--a--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if l := letter.Parse(raw, now); !bytes.Equal(l.Build(), raw) {
			t.Errorf("the message is not kept")
		}
	})
}

func TestInlineIsWhatTheTextShows(t *testing.T) {
	for _, test := range []struct {
		name, text, kind, part string
		inline                 bool
	}{
		{"a picture in the text", "<img src=\"cid:a@x\">", "text/html", "Content-Type: image/png\r\nContent-ID: <a@x>", true},
		{"a picture that the text does not show", "<p>", "text/html", "Content-Type: image/png\r\nContent-ID: <a@x>", false},
		{"plain text shows nothing", "cid:a@x", "text/plain", "Content-Type: image/png\r\nContent-ID: <a@x>", false},
		{"a document", "<a href=\"cid:a@x\">", "text/html", "Content-Type: application/pdf\r\nContent-ID: <a@x>", false},
		{"no id", "<img src=\"cid:\">", "text/html", "Content-Type: image/png", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			raw := "Subject: x\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: " + test.kind + "\r\n\r\n" + test.text +
				"\r\n--b\r\n" + test.part + "\r\nContent-Disposition: inline\r\n\r\ndata\r\n--b--\r\n"
			l := letter.Parse([]byte(raw), now)
			if len(l.Attachments) != 1 || l.Attachments[0].Inline != test.inline || l.HasAttachments() == test.inline {
				t.Errorf("%+v", l.Attachments)
			}
		})
	}
}
