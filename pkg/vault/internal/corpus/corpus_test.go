package corpus

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
)

// The corpus is a yardstick: if it changes, measurements of different days cannot be compared.
func TestMailsAreAlwaysTheSame(t *testing.T) {
	h, total := sha256.New(), 0
	for _, m := range Mails(10000) {
		io.WriteString(h, m.ID+m.Subject+m.From)
		h.Write(m.Data)
		total += len(m.Data)
	}
	const want = "1f93017c6fb80fbfbb630f87b0df7f003785040ac8cded78cad38f2aa3b42d6c"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("10,000 mails of %d bytes: sha256 %s, want %s", total, got, want)
	}
}
