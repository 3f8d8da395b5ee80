package gateway

import (
	"io"
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/ledger"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// tracked notes when an answer begins: from then on the call no longer counts as in flight, for
// the ledger and for the limits. What is left of the request's body is read before: a client or a
// proxy that is still writing when the answer comes may break the connection and lose it.
type tracked struct {
	http.ResponseWriter
	body     io.Reader
	entry    *ledger.Entry
	release  func()
	answered bool
	sent     int64
}

func (t *tracked) WriteHeader(status int) {
	t.begin(status)
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracked) Write(b []byte) (int, error) {
	t.begin(http.StatusOK)
	n, err := t.ResponseWriter.Write(b)
	t.sent += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }

func (t *tracked) begin(status int) {
	if t.answered {
		return
	}
	t.answered = true
	if status != 0 {
		_, _ = io.CopyN(io.Discard, t.body, wire.MaxBody) // a client that went away gets no answer anyway
	}
	t.entry.Answer(status)
	if t.release != nil {
		t.release()
	}
}

// close ends the call, also if its connection was cut before an answer.
func (t *tracked) close() {
	t.begin(0)
	t.entry.Sent(t.sent)
}
