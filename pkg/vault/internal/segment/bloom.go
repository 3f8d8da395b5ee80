package segment

import (
	"encoding/binary"

	"github.com/zeebo/blake3"
)

// Ten bits and seven hashes a key let 1 in 120 keys that are not there through.
const bloomBits, bloomHashes = 10, 7

// Hash is what a Bloom filter keeps of a key.
type Hash struct{ a, b uint64 }

// HashKey hashes a key of a table. The keys of blobs are hashes already.
func HashKey(table Table, key []byte) Hash {
	if table == Blobs && len(key) >= 16 {
		return Hash{binary.LittleEndian.Uint64(key), binary.LittleEndian.Uint64(key[8:])}
	}
	sum := blake3.Sum256(key)
	return Hash{binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])}
}

type bloom struct {
	hashes int
	bits   []byte
}

func newBloom(keys []Hash) bloom {
	f := bloom{bloomHashes, make([]byte, (len(keys)*bloomBits+7)/8+1)}
	for _, h := range keys {
		for i := range f.hashes {
			n := f.bit(h, i)
			f.bits[n/8] |= 1 << (n % 8)
		}
	}
	return f
}

func (f bloom) bit(h Hash, i int) uint64 { return (h.a + uint64(i)*h.b) % (uint64(len(f.bits)) * 8) }

func (f bloom) mayHold(h Hash) bool {
	for i := range f.hashes {
		if n := f.bit(h, i); f.bits[n/8]&(1<<(n%8)) == 0 {
			return false
		}
	}
	return true
}
