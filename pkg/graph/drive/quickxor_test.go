package drive

import (
	"encoding/binary"
	"testing"
)

// byTheBook is Microsoft's description taken literally: bit by bit.
func byTheBook(data []byte) [20]byte {
	var state [20]byte
	for i, b := range data {
		for bit := range 8 {
			if b>>bit&1 == 1 {
				at := (11*i + bit) % 160
				state[at/8] ^= 1 << (at % 8)
			}
		}
	}
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(data)))
	for i, b := range length {
		state[12+i] ^= b
	}
	return state
}

func TestQuickXorIsWhatMicrosoftDescribes(t *testing.T) {
	data := content(5000)
	for _, n := range []int{0, 1, 2, 14, 15, 16, 160, 161, 4999, 5000} {
		h := NewQuickXor()
		for i := 0; i < n; i += 7 { // in odd pieces
			_, _ = h.Write(data[i:min(i+7, n)])
		}
		if want := byTheBook(data[:n]); string(h.Sum(nil)) != string(want[:]) {
			t.Errorf("%d bytes: %x, want %x", n, h.Sum(nil), want)
		}
	}
}

// The values are what Microsoft's reference implementation computes, as several clients of OneDrive quote them in their tests.
func TestQuickXorOfKnownInputs(t *testing.T) {
	for text, want := range map[string]string{
		"":      "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"hello": "aCgDG9jwBgAAAAAABQAAAAAAAAA=",
	} {
		h := NewQuickXor()
		_, _ = h.Write([]byte(text))
		if got := EncodeHash(h.Sum(nil)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func BenchmarkQuickXor(b *testing.B) {
	data := content(1 << 20)
	b.SetBytes(1 << 20)
	h := NewQuickXor()
	for b.Loop() {
		_, _ = h.Write(data)
	}
}
