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
	for _, m := range Mails(2000) {
		io.WriteString(h, m.ID+m.Subject+m.From)
		h.Write(m.Data)
		total += len(m.Data)
	}
	const want = "3ec01373d4ebf7654aa4b94eab9d507e71535e0aff06be5700859dcf1bc400b7"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("2,000 mails of %d bytes: sha256 %s, want %s", total, got, want)
	}
}
