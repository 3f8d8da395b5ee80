// Package gear cuts large parts by content, so that an insertion moves no more than the cuts
// around it. The table is keyed by unit: where a unit's files are cut says nothing about their
// content to whoever sees the sizes of its blocks.
//
// It is the gear hash with two masks of FastCDC (Xia et al., USENIX ATC 2016). Libraries with a
// keyed table cost more than these lines: docs/decisions/0102-own-gear-cutter.md.
package gear

import (
	"encoding/binary"

	"github.com/zeebo/blake3"
)

// Sizes of a piece, in bytes.
const (
	Min     = 256 << 10
	Average = 1 << 20
	Max     = 4 << 20
)

const (
	hard = uint64(1<<20-1) << (64 - 20) // up to Average
	easy = uint64(1<<19-1) << (64 - 19) // from there
)

// Cutter finds the cuts of one unit's parts. It holds no state of a stream.
type Cutter struct{ table [256]uint64 }

// New makes a cutter from a unit's cutting key.
func New(key [32]byte) *Cutter {
	h, _ := blake3.NewKeyed(key[:]) // fails only for keys that are not 32 bytes
	var stream [256 * 8]byte
	h.Digest().Read(stream[:])
	c := &Cutter{}
	for i := range c.table {
		c.table[i] = binary.LittleEndian.Uint64(stream[8*i:])
	}
	return c
}

// Cut returns the length of the piece that data begins with. Data holds Max bytes, or all that is
// left of the part.
func (c *Cutter) Cut(data []byte) int {
	if len(data) <= Min {
		return len(data)
	}
	data = data[:min(len(data), Max)]
	var h uint64
	for _, b := range data[Min-64 : Min] { // older bytes have been shifted out of the hash
		h = h<<1 + c.table[b]
	}
	middle := min(len(data), Average)
	for i, b := range data[Min:middle] {
		if h = h<<1 + c.table[b]; h&hard == 0 {
			return Min + i + 1
		}
	}
	for i, b := range data[middle:] {
		if h = h<<1 + c.table[b]; h&easy == 0 {
			return middle + i + 1
		}
	}
	return len(data)
}
