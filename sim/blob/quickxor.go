package blob

import (
	"encoding/base64"
	"encoding/binary"
)

// The quickXorHash as https://learn.microsoft.com/onedrive/developer/code-snippets/quickxorhash
// describes it: a circular state of 160 bits, byte i XORed in at bit 11*i, and at the end the
// length XORed into the last eight bytes.
const (
	stateBits = 160
	shift     = 11
)

// quickXor folds the input into 160 bytes first: bytes that are 160 apart meet at the same bit.
type quickXor struct {
	fold   [stateBits]byte
	length uint64
}

func encodeBase64(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

func (q *quickXor) Write(p []byte) (int, error) {
	n := len(p)
	at := int(q.length % stateBits)
	q.length += uint64(n)
	for len(p) > 0 {
		if at == 0 && len(p) >= stateBits {
			p = q.whole(p)
			continue
		}
		q.fold[at] ^= p[0]
		p, at = p[1:], (at+1)%stateBits
	}
	return n, nil
}

// whole takes as many pieces of 160 bytes as there are.
func (q *quickXor) whole(p []byte) []byte {
	var words [stateBits / 8]uint64
	for ; len(p) >= stateBits; p = p[stateBits:] {
		piece := p[:stateBits]
		for i := range words {
			words[i] ^= binary.LittleEndian.Uint64(piece[8*i:])
		}
	}
	for i, word := range words {
		binary.LittleEndian.PutUint64(q.fold[8*i:], binary.LittleEndian.Uint64(q.fold[8*i:])^word)
	}
	return p
}

func (q *quickXor) Sum(prefix []byte) []byte {
	var state [stateBits / 8]byte
	for i, b := range q.fold {
		bit := i * shift % stateBits
		wide := uint16(b) << (bit % 8)
		state[bit/8] ^= byte(wide)
		state[(bit/8+1)%len(state)] ^= byte(wide >> 8)
	}
	tail := state[len(state)-8:]
	binary.LittleEndian.PutUint64(tail, binary.LittleEndian.Uint64(tail)^q.length)
	return append(prefix, state[:]...)
}

func (q *quickXor) Reset()         { *q = quickXor{} }
func (q *quickXor) Size() int      { return stateBits / 8 }
func (q *quickXor) BlockSize() int { return stateBits }
