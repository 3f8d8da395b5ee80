package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// canned answers every request with the same page, without a network.
type canned struct{ page []byte }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.page)), Request: r}, nil
}

func (canned) Token(context.Context, string) (string, time.Time, error) {
	return "t", time.Now().Add(time.Hour), nil
}

// BenchmarkChanges is what the client itself costs per mail: the chain, the page, the summary.
func BenchmarkChanges(b *testing.B) {
	var page bytes.Buffer
	page.WriteString(`{"value":[`)
	for i := range 500 {
		if i > 0 {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"id":"AAk%060d","subject":"Re: plan","isRead":true,"hasAttachments":false,"receivedDateTime":"2024-05-06T07:08:09Z",`+
			`"from":{"emailAddress":{"name":"A","address":"a@b.c"}},"toRecipients":[],"body":{"contentType":"html","content":"%s"}}`,
			i, bytes.Repeat([]byte(`<div class=\"x\">Lorem ipsum dolor sit amet, consetetur</div>\r\n`), 70))
	}
	page.WriteString(`],"@odata.deltaLink":"d"}`)
	fixed := canned{page.Bytes()}
	client := graph.New(graph.Config{Cloud: m365.Simulated("graph"), Connection: "c", Tokens: fixed, Transport: fixed})
	defer client.Close()
	box := mail.Open(client, "u")
	mails, before := 0, used()
	for b.Loop() {
		if _, err := box.Changes(b.Context(), mail.Round{Folder: "f", Attachments: true}, func(c mail.Change) error {
			mail.Summarise(c.Raw)
			mails++
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((used()-before).Microseconds())/float64(mails), "us-CPU/mail")
}

// used is the processor time of this process so far.
func used() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // it cannot fail for oneself
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
