package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// byTheBook is Microsoft's description taken literally, bit by bit.
func byTheBook(data []byte) string {
	var state [20]byte
	for i, b := range data {
		for bit := range 8 {
			at := (11*i + bit) % 160
			state[at/8] ^= b >> bit & 1 << (at % 8)
		}
	}
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	for i, b := range length {
		state[12+i] ^= b
	}
	return encodeBase64(state[:])
}

func TestQuickXor(t *testing.T) {
	data := make([]byte, 1000)
	source := seed.New(1)
	source.Bytes(data)
	for _, n := range []int{0, 1, 7, 159, 160, 161, 479, 1000} {
		for _, piece := range []int{1, 13, 160, 1000} {
			var q quickXor
			for from := 0; from < n; from += piece {
				_, _ = q.Write(data[from:min(from+piece, n)])
			}
			if got := encodeBase64(q.Sum(nil)); got != byTheBook(data[:n]) {
				t.Errorf("%d bytes in pieces of %d: %s, want %s", n, piece, got, byTheBook(data[:n]))
			}
		}
	}
	// as rclone's and other clients' tests quote it
	var q quickXor
	if _, _ = q.Write([]byte("hello")); encodeBase64(q.Sum(nil)) != "aCgDG9jwBgAAAAAABQAAAAAAAAA=" {
		t.Error("hello")
	}
}

func read(t *testing.T, c *Content, from, n int64) []byte {
	t.Helper()
	reader, closer, err := c.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	data, err := io.ReadAll(io.NewSectionReader(reader, from, n))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMadeContentIsTheSameAtAnyOffset(t *testing.T) {
	pool := prose.New(1)
	for name, shape := range map[string]Shape{"binary": {Magic: "%PDF-1.7\n"}, "text": {Text: func() *prose.Pool { return pool }}} {
		c := Made(shape, 200_001, 7)
		whole := read(t, c, 0, c.Size())
		if int64(len(whole)) != c.Size() || !bytes.HasPrefix(whole, []byte(shape.Magic)) {
			t.Errorf("%s: %d bytes, %q", name, len(whole), whole[:10])
		}
		if got := read(t, c, 65_530, 70_000); !bytes.Equal(got, whole[65_530:135_530]) {
			t.Errorf("%s: differs at an offset", name)
		}
		if shape.Text != nil && !utf8.Valid(whole[:3*blockSize]) {
			t.Errorf("%s is not UTF-8", name)
		}
		sum := sha256.Sum256(whole)
		if got, err := c.SHA256(); err != nil || got != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestLargeContentCostsNoMemory(t *testing.T) {
	c := Made(Shape{}, 3<<30, 1)
	if a, b := read(t, c, 3<<30-10, 100), read(t, c, 3<<30-5, 100); len(a) != 10 || !bytes.Equal(a[5:], b) {
		t.Errorf("%x %x", a, b)
	}
}

func TestSpoolKeepsContentsApart(t *testing.T) {
	spool := NewSpool(t.TempDir())
	a, err := spool.Reserve(5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := spool.Reserve(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []error{b.Fill(bytes.NewReader([]byte("xyz")), 0, 3), a.Fill(bytes.NewReader([]byte("abc")), 0, 3),
		a.Fill(bytes.NewReader([]byte("de")), 3, 2), a.Flip(0)} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if got := read(t, a.Content(), 0, 5); string(got) != "`bcde" {
		t.Errorf("%q", got)
	}
	if got := read(t, b.Content(), 0, 3); string(got) != "xyz" {
		t.Errorf("%q", got)
	}
	if err := a.Fill(bytes.NewReader(nil), 0, 1); err == nil {
		t.Error("less than announced is an error")
	}
}

func TestDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(t, Disk(path, 7), 3, 4); string(got) != "tent" {
		t.Errorf("%q", got)
	}
	if _, err := Disk(path+"x", 1).QuickXor(); err == nil {
		t.Error("a file that is gone has no hash")
	}
}

func BenchmarkQuickXor(b *testing.B) {
	data := make([]byte, 1<<20)
	b.SetBytes(1 << 20)
	var q quickXor
	for b.Loop() {
		_, _ = q.Write(data)
	}
}

func BenchmarkMade(b *testing.B) {
	pool := prose.New(1)
	for name, shape := range map[string]Shape{"binary": {}, "text": {Text: func() *prose.Pool { return pool }}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(1 << 20)
			for b.Loop() {
				if _, err := Made(shape, 1<<20, 1).QuickXor(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
