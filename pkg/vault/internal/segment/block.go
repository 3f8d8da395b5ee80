package segment

import (
	"bytes"
	"encoding/binary"
	"sort"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// block is a decoded block of rows. What all its keys begin with is kept once.
type block struct {
	raw    []byte
	prefix []byte
	starts []uint32
	minSeq uint64 // of the segment: rows hold the difference
}

// encodeBlock appends rows, which are in order, as a block.
func encodeBlock(dst []byte, rows []Row, minSeq uint64) []byte {
	prefix := rows[0].Key[:common(rows[0].Key, rows[len(rows)-1].Key)]
	dst = wire.AppendBytes(dst, prefix)
	for _, row := range rows {
		dst = wire.AppendBytes(dst, row.Key[len(prefix):])
		dst = binary.AppendUvarint(dst, row.Seq-minSeq)
		dst = wire.AppendBytes(dst, row.Value)
	}
	return dst
}

// common is the length of what both begin with.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func parseBlock(raw []byte, rows int, minSeq uint64) (*block, error) {
	b := &block{raw: raw, starts: make([]uint32, 0, min(rows, len(raw))), minSeq: minSeq}
	r := wire.NewReader(raw)
	b.prefix = r.Bytes()
	for r.Len() > 0 {
		b.starts = append(b.starts, uint32(len(raw)-r.Len()))
		r.Bytes()
		r.Uvarint()
		r.Bytes()
	}
	if r.Err() != nil || len(b.starts) != rows {
		return nil, wire.ErrMalformed
	}
	return b, nil
}

func (b *block) size() int64 { return int64(len(b.raw) + 4*len(b.starts) + 96) }

// row is a row whose key lacks the prefix.
func (b *block) row(i int) Row {
	r := wire.NewReader(b.raw[b.starts[i]:])
	return Row{Key: r.Bytes(), Seq: b.minSeq + r.Uvarint(), Value: r.Bytes()}
}

// search is the first row that is not before key at seq.
func (b *block) search(key []byte, seq uint64) int {
	n := min(len(key), len(b.prefix))
	if c := bytes.Compare(b.prefix[:n], key[:n]); c > 0 || c == 0 && len(key) < len(b.prefix) {
		return 0
	} else if c < 0 {
		return len(b.starts)
	}
	key = key[n:]
	return sort.Search(len(b.starts), func(i int) bool {
		c := bytes.Compare(b.key(i), key)
		return c > 0 || c == 0 && b.row(i).Seq <= seq
	})
}

// key is the key of row i without the prefix: all that most steps of a search need.
func (b *block) key(i int) []byte {
	raw := b.raw[b.starts[i]:]
	n, size := binary.Uvarint(raw) // parseBlock has read it
	return raw[size : size+int(n)]
}

// holds tells whether row i has that key.
func (b *block) holds(i int, key []byte) bool {
	suffix := b.key(i)
	return len(key) == len(b.prefix)+len(suffix) && bytes.HasPrefix(key, b.prefix) && bytes.HasSuffix(key, suffix)
}
