package rewind_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/rewind"
)

func TestReadsAnywhereInAnyOrder(t *testing.T) {
	content := make([]byte, 10_000)
	for i := range content {
		content[i] = byte(i * 7)
	}
	opened := 0
	r := rewind.New(func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	defer func() { _ = r.Close() }()
	whole, err := io.ReadAll(io.NewSectionReader(r, 0, int64(len(content))))
	if err != nil || !bytes.Equal(whole, content) || opened != 1 {
		t.Fatalf("in order: %d bytes, %v, opened %d times", len(whole), err, opened)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		from, n := random.IntN(len(content)), random.IntN(500)+1
		part := make([]byte, n)
		got, err := r.ReadAt(part, int64(from))
		want := content[from:min(from+n, len(content))]
		if !bytes.Equal(part[:got], want) || errors.Is(err, io.EOF) != (len(want) < n) {
			t.Fatalf("%d bytes at %d: got %d, %v", n, from, got, err)
		}
	}
}
