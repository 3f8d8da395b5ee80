package segment

import (
	"bytes"
	"encoding/binary"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

const blockSize = 32 << 10

// blockInfo is what the index says of a block.
type blockInfo struct {
	separator      []byte // >= every key of the block, < every key of the next
	offset, length uint64
	rows           int
	minSeq, maxSeq uint64
}

// Builder writes one segment.
type Builder struct {
	ref    Ref
	key    *frame.Key
	out    []byte
	packs  []object.Carrier
	byPack map[object.ID]int
	blocks []blockInfo
	keys   []Hash

	rows         []Row // of the current block
	prefix, size int   // of the current block: what all keys begin with, and its length without that
	raw, scratch []byte
	current      blockInfo
	last         []byte // key of the row before
	ends         bool   // the last block waits for its separator
}

// NewBuilder begins a segment whose rows have no seq below minSeq.
func NewBuilder(table Table, key *frame.Key, id object.ID, minSeq uint64) *Builder {
	return &Builder{
		ref:    Ref{Carrier: object.Carrier{ID: id, Version: key.Version}, Table: table, MinSeq: minSeq, MaxSeq: minSeq},
		key:    key,
		out:    object.AppendHeader(nil, object.Segment, key.Version),
		byPack: map[object.ID]int{},
	}
}

// Pack returns the number that locations in this segment use for a pack.
func (b *Builder) Pack(c object.Carrier) int {
	i, ok := b.byPack[c.ID]
	if !ok {
		i = len(b.packs)
		b.byPack[c.ID], b.packs = i, append(b.packs, c)
	}
	return i
}

// Add appends a row, which comes after all that were added before. Its memory must stay as it is
// until Finish.
func (b *Builder) Add(row Row) {
	if b.ends {
		b.separate(row.Key)
	}
	if b.ref.Rows == 0 {
		b.ref.MinKey = bound(row.Key)
	}
	if !bytes.Equal(row.Key, b.last) || b.ref.Rows == 0 {
		b.keys = append(b.keys, HashKey(b.ref.Table, row.Key))
	}
	if b.current.rows == 0 {
		b.current.minSeq, b.current.maxSeq = row.Seq, row.Seq
		b.prefix, b.size = len(row.Key), 0
	} else {
		b.prefix = common(b.rows[0].Key[:b.prefix], row.Key)
	}
	b.current.minSeq, b.current.maxSeq = min(b.current.minSeq, row.Seq), max(b.current.maxSeq, row.Seq)
	b.ref.MaxSeq = max(b.ref.MaxSeq, row.Seq)
	b.current.rows++
	b.ref.Rows++
	b.rows, b.last = append(b.rows, row), row.Key
	if b.size += len(row.Key) + len(row.Value); b.size-b.prefix*len(b.rows) >= blockSize {
		b.cut()
	}
}

// Frames is how many frames were sealed.
func (b *Builder) Frames() uint64 { return uint64(len(b.blocks)) + 1 }

// Finish returns the segment's bytes and its reference, which says nothing of a head.
func (b *Builder) Finish() (Ref, []byte) {
	if b.current.rows > 0 {
		b.cut()
	}
	if b.ends {
		b.blocks[len(b.blocks)-1].separator = bytes.Clone(b.last)
	}
	b.ref.MaxKey = bound(b.last)
	at := len(b.out)
	b.out = b.key.Seal(b.out, b.place(), frame.Compress(nil, b.footer(), nil))
	b.ref.Footer = uint64(len(b.out) - at)
	b.out = binary.LittleEndian.AppendUint32(b.out, uint32(b.ref.Footer))
	b.ref.Length = uint64(len(b.out))
	return b.ref, b.out
}

func (b *Builder) place() frame.Place {
	return frame.Place{Letter: object.Segment, Object: b.ref.ID, Offset: uint64(len(b.out))}
}

func (b *Builder) cut() {
	b.current.offset = uint64(len(b.out))
	b.raw = encodeBlock(b.raw[:0], b.rows, b.ref.MinSeq)
	p := frame.Compress(b.scratch, b.raw, nil)
	b.out = b.key.Seal(b.out, b.place(), p)
	if len(p.Data) > 0 && &p.Data[0] != &b.raw[0] {
		b.scratch = p.Data
	}
	b.current.length = uint64(len(b.out)) - b.current.offset
	b.blocks = append(b.blocks, b.current)
	b.current, b.rows, b.ends = blockInfo{}, b.rows[:0], true
}

// separate gives the last block the shortest separator that is before next. Versions of one key
// may lie in both blocks; then the key itself separates them.
func (b *Builder) separate(next []byte) {
	b.ends = false
	short := bytes.Clone(b.last)
	for i := range min(len(b.last), len(next)) {
		if b.last[i] != next[i] {
			if c := append(bytes.Clone(b.last[:i]), b.last[i]+1); bytes.Compare(c, next) < 0 {
				short = c
			}
			break
		}
	}
	b.blocks[len(b.blocks)-1].separator = short
}

func (b *Builder) footer() []byte {
	f := append([]byte(nil), byte(b.ref.Table))
	f = wire.AppendUvarints(f, b.ref.Rows, b.ref.MinSeq, b.ref.MaxSeq, uint64(len(b.packs)))
	for _, pack := range b.packs {
		f = pack.Append(f)
	}
	f = binary.AppendUvarint(f, uint64(len(b.blocks)))
	for _, info := range b.blocks {
		f = wire.AppendBytes(f, info.separator)
		f = wire.AppendUvarints(f, info.length, uint64(info.rows), info.minSeq, info.maxSeq-info.minSeq)
	}
	filter := newBloom(b.keys)
	return wire.AppendBytes(append(f, byte(filter.hashes)), filter.bits)
}
