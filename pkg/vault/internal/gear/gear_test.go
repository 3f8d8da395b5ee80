package gear

import (
	"bytes"
	"math/rand"
	"testing"
)

func noise(seed int64, n int) []byte {
	data := make([]byte, n)
	rand.New(rand.NewSource(seed)).Read(data)
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
	data := append(noise(1, 60<<20), make([]byte, 9<<20)...)
	list := pieces(New([32]byte{1}), data)
	for i, p := range list {
		if len(p) > Max || len(p) < Min && i < len(list)-1 {
			t.Errorf("piece %d has %d bytes", i, len(p))
		}
	}
	if mean := len(data) / len(list); mean < Average*7/10 || mean > Average*14/10 {
		t.Errorf("%d pieces, mean %d", len(list), mean)
	}
}

func TestAnInsertionMovesTheCutsAroundItAlone(t *testing.T) {
	c := New([32]byte{1})
	data := noise(2, 40<<20)
	changed := append(append(bytes.Clone(data[:20<<20]), "some bytes more"...), data[20<<20:]...)
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
