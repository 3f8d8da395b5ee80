package mail_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/pkg/graph/mail"
	"github.com/tenantkeep/tenantkeep/sim"
)

const benchMails = 2000

// recorder keeps the simulator's answers, and gives them again without a network.
type recorder struct {
	encoding string // that answers are asked for in

	mu    sync.Mutex
	known map[string]recorded
}

type recorded struct {
	status int
	header http.Header
	body   []byte // as it was sent: packed, if it was
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	key := request.Method + " " + request.URL.String()
	if request.Body != nil {
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return nil, err
		}
		key += string(body)
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.mu.Lock()
	known, ok := r.known[key]
	r.mu.Unlock()
	if !ok {
		request.Header.Set("Accept-Encoding", r.encoding)
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
		known = recorded{response.StatusCode, response.Header, body}
		r.mu.Lock()
		r.known[key] = known
		r.mu.Unlock()
	}
	return &http.Response{StatusCode: known.status, Header: known.header.Clone(), Body: io.NopCloser(bytes.NewReader(known.body)), Request: request}, nil
}

// BenchmarkChanges is what the client itself costs for each mail, from the bytes that the network
// brought to those that the vault is given: unpacking, cutting pages into mails, reading what
// lists need. Every fifth mail has attachments. The best round counts.
func BenchmarkChanges(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			answers := &recorder{encoding: encoding, known: map[string]recorded{}}
			replayed := func(c *graph.Config) { c.Transport = answers }
			tenant := graphtest.Start(b, sim.Config{Users: 1, Mails: benchMails, Seed: 7}, replayed)
			folders, err := mail.Open(tenant.Client, tenant.User(0)).Folders(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			round := func() (mails int, size int64) {
				box := mail.Open(tenant.NewClient(replayed), tenant.User(0)) // with a budget of its own
				for _, folder := range folders {
					if _, err := box.Changes(b.Context(), mail.Round{Folder: folder.ID, Attachments: true}, func(c mail.Change) error {
						mail.Summarise(c.Raw)
						mails, size = mails+1, size+int64(len(c.Raw))
						for _, a := range c.Attachments {
							size += int64(len(a.Raw))
						}
						return nil
					}); err != nil {
						b.Fatal(err)
					}
				}
				return mails, size
			}
			mails, size := round() // records
			best := time.Hour
			for b.Loop() {
				before := used()
				round()
				best = min(best, used()-before)
			}
			b.ReportMetric(float64(best.Microseconds())/float64(mails), "us-CPU/mail")
			b.ReportMetric(float64(size)/float64(mails), "B/mail")
		})
	}
}

// used is the processor time of this process so far.
func used() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // it cannot fail for oneself
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
