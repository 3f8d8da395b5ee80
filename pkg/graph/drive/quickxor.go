package drive

import (
	"encoding/base64"
	"encoding/binary"
	"hash"
)

// QuickXorHash: https://learn.microsoft.com/en-us/onedrive/developer/code-snippets/quickxorhash.
// A state of 160 bits; byte i is XORed in at bit offset 11*i modulo 160, circularly; at the end the
// length is XORed into the last eight bytes.
const (
	xorSize  = 20
	xorShift = 11
	xorBits  = 8 * xorSize
)

type quickXor struct {
	cells  [xorBits]byte // one byte per bit offset: bytes at the same offset simply XOR
	length uint64
}

// NewQuickXor returns a hash.Hash of quickXorHash.
func NewQuickXor() hash.Hash { return &quickXor{} }

// EncodeHash is a hash as Graph writes it in file.hashes.quickXorHash.
func EncodeHash(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }

func (q *quickXor) Write(p []byte) (int, error) {
	at := int(q.length % xorBits * xorShift % xorBits)
	for _, b := range p {
		q.cells[at] ^= b
		if at += xorShift; at >= xorBits {
			at -= xorBits
		}
	}
	q.length += uint64(len(p))
	return len(p), nil
}

func (q *quickXor) Sum(prefix []byte) []byte {
	var state [xorSize]byte
	for offset, b := range q.cells {
		wide := uint16(b) << (offset % 8)
		state[offset/8] ^= byte(wide)
		state[(offset/8+1)%xorSize] ^= byte(wide >> 8)
	}
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], q.length)
	for i, b := range length {
		state[xorSize-8+i] ^= b
	}
	return append(prefix, state[:]...)
}

func (q *quickXor) Reset()         { *q = quickXor{} }
func (q *quickXor) Size() int      { return xorSize }
func (q *quickXor) BlockSize() int { return 64 }
