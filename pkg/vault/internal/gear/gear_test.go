package gear

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func noise(seed int64, n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(seed)}).Read(data)
	return data
}

func pieces(c *Cutter, data []byte) (list [][]byte) {
	for len(data) > 0 {
		n := c.Cut(data[:min(len(data), Max)])
		list, data = append(list, data[:n]), data[n:]
	}
	return list
}

func TestPiecesHaveTheirSizes(t *testing.T) {
	c := New([32]byte{1})
	data := noise(1, 40<<20)
	list := pieces(c, data)
	if mean := len(data) / len(list); mean < Average*7/10 || mean > Average*13/10 {
		t.Errorf("%d pieces, mean %d", len(list), mean)
	}
	for i, p := range append(pieces(c, make([]byte, 9<<20)), list...) {
		if len(p) > Max || len(p) < Min && i != 2 && len(p) != len(list[len(list)-1]) {
			t.Errorf("piece %d has %d bytes", i, len(p))
		}
	}
}

func TestAnInsertionMovesTheCutsAroundItAlone(t *testing.T) {
	c := New([32]byte{1})
	data := noise(2, 20<<20)
	changed := append(append(bytes.Clone(data[:10<<20]), "some bytes more"...), data[10<<20:]...)
	known := map[string]bool{}
	for _, p := range pieces(c, data) {
		known[string(p)] = true
	}
	fresh := 0
	for _, p := range pieces(c, changed) {
		if !known[string(p)] {
			fresh++
		}
	}
	if fresh > 3 {
		t.Errorf("%d new pieces", fresh)
	}
}

func TestUnitsCutDifferently(t *testing.T) {
	data := noise(3, 8<<20)
	if New([32]byte{1}).Cut(data) == New([32]byte{2}).Cut(data) {
		t.Error("two keys, one cut")
	}
}
