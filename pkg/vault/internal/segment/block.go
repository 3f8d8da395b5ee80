package segment

import (
	"encoding/binary"
	"sort"

	"bytes"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// block is a decoded block of rows.
type block struct {
	raw    []byte
	starts []uint32
	minSeq uint64 // of the segment: rows hold the difference
}

func appendRow(dst []byte, row Row, minSeq uint64) []byte {
	dst = wire.AppendBytes(dst, row.Key)
	dst = binary.AppendUvarint(dst, row.Seq-minSeq)
	return wire.AppendBytes(dst, row.Value)
}

func parseBlock(raw []byte, rows int, minSeq uint64) (*block, error) {
	b := &block{raw: raw, starts: make([]uint32, 0, min(rows, len(raw))), minSeq: minSeq}
	r := wire.NewReader(raw)
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

func (b *block) size() int64 { return int64(len(b.raw) + 4*len(b.starts) + 64) }

func (b *block) row(i int) Row {
	r := wire.NewReader(b.raw[b.starts[i]:])
	return Row{Key: r.Bytes(), Seq: b.minSeq + r.Uvarint(), Value: r.Bytes()}
}

// search is the first row that is not before key at seq.
func (b *block) search(key []byte, seq uint64) int {
	return sort.Search(len(b.starts), func(i int) bool {
		row := b.row(i)
		c := bytes.Compare(row.Key, key)
		return c > 0 || c == 0 && row.Seq <= seq
	})
}
