package gateway

import (
	"net/http"

	"github.com/tenantkeep/tenantkeep/sim/ledger"
)

// tracked notes when an answer begins: from then on the call no longer counts as in flight, for
// the ledger and for the limits.
type tracked struct {
	http.ResponseWriter
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
