package segment

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"sort"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/cache"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Source gives bytes and keys of one unit.
type Source interface {
	// ReadCarried reads from a pack or segment, offset counted from its own first byte.
	ReadCarried(ctx context.Context, letter byte, c object.Carrier, offset, length uint64) ([]byte, error)
	Key(ctx context.Context, version uint32) (*frame.Key, error)
}

// Cache keeps footers and blocks of segments, decoded.
type Cache = cache.LRU[CacheKey, any]

// CacheKey names a decoded block; the footer has offset 0.
type CacheKey struct {
	ID     object.ID
	Offset uint64
}

// Segment reads one segment.
type Segment struct {
	Ref
	source Source
	cache  *Cache
}

// New reads the segment that ref names; nothing is read before it is needed.
func New(ref Ref, source Source, cache *Cache) *Segment { return &Segment{ref, source, cache} }

type footer struct {
	packs  []object.Carrier
	blocks []blockInfo
	filter bloom
}

// Get returns the newest row of key whose seq is at most seq.
func (s *Segment) Get(ctx context.Context, key []byte, hash Hash, seq uint64) (Row, bool, error) {
	if s.MinSeq > seq || !s.MayHold(key) {
		return Row{}, false, nil
	}
	f, err := s.open(ctx)
	if err != nil || !f.filter.mayHold(hash) {
		return Row{}, false, err
	}
	for i := f.search(key); i < len(f.blocks); i++ {
		b, err := s.block(ctx, f.blocks[i])
		if err != nil {
			return Row{}, false, err
		}
		if n := b.search(key, seq); n < len(b.starts) {
			row := b.row(n)
			row.Key = key
			return row, b.holds(n, key), nil
		}
	}
	return Row{}, false, nil
}

// Packs are the packs that locations in this segment name by number.
func (s *Segment) Packs(ctx context.Context) ([]object.Carrier, error) {
	f, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	return f.packs, nil
}

// search is the first block that may hold key.
func (f *footer) search(key []byte) int {
	return sort.Search(len(f.blocks), func(i int) bool { return bytes.Compare(f.blocks[i].separator, key) >= 0 })
}

func (s *Segment) open(ctx context.Context) (*footer, error) {
	at := CacheKey{ID: s.ID}
	if f, ok := s.cache.Get(at); ok {
		return f.(*footer), nil
	}
	if s.Length < s.Footer+4+object.HeaderSize {
		return nil, fmt.Errorf("segment footer: %w", wire.ErrMalformed)
	}
	raw, err := s.read(ctx, s.Length-4-s.Footer, s.Footer)
	if err != nil {
		return nil, fmt.Errorf("segment footer: %w", err)
	}
	f, err := s.parseFooter(raw)
	if err != nil {
		return nil, fmt.Errorf("segment footer: %w", err)
	}
	s.cache.Put(at, f, int64(len(raw)+64*len(f.blocks)))
	return f, nil
}

func (s *Segment) parseFooter(raw []byte) (*footer, error) {
	r := wire.NewReader(raw)
	f := &footer{}
	if Table(r.Byte()) != s.Table || r.Uvarint() != s.Rows || r.Uvarint() != s.MinSeq || r.Uvarint() != s.MaxSeq {
		return nil, wire.ErrMalformed
	}
	for range r.Length(object.CarrierSize) {
		f.packs = append(f.packs, object.ReadCarrier(r))
	}
	offset := uint64(object.HeaderSize)
	for range r.Length(5) {
		b := blockInfo{separator: r.Bytes(), offset: offset, length: r.Uvarint(), rows: int(min(r.Uvarint(), math.MaxInt32)), minSeq: r.Uvarint()}
		b.maxSeq = b.minSeq + r.Uvarint()
		if offset += b.length; offset < b.length || offset > s.Length {
			return nil, wire.ErrMalformed
		}
		f.blocks = append(f.blocks, b)
	}
	f.filter = bloom{hashes: int(r.Byte()), bits: r.Bytes()}
	if len(f.filter.bits) == 0 {
		return nil, wire.ErrMalformed
	}
	return f, r.Err()
}

func (s *Segment) block(ctx context.Context, info blockInfo) (*block, error) {
	at := CacheKey{s.ID, info.offset}
	if b, ok := s.cache.Get(at); ok {
		return b.(*block), nil
	}
	raw, err := s.read(ctx, info.offset, info.length)
	if err != nil {
		return nil, fmt.Errorf("segment block: %w", err)
	}
	b, err := parseBlock(raw, info.rows, s.MinSeq)
	if err != nil {
		return nil, fmt.Errorf("segment block: %w", err)
	}
	s.cache.Put(at, b, b.size())
	return b, nil
}

func (s *Segment) read(ctx context.Context, offset, length uint64) ([]byte, error) {
	key, err := s.source.Key(ctx, s.Version)
	if err != nil {
		return nil, err
	}
	sealed, err := s.source.ReadCarried(ctx, object.Segment, s.Carrier, offset, length)
	if err != nil {
		return nil, err
	}
	packed, err := key.Open(frame.Place{Letter: object.Segment, Object: s.ID, Offset: offset}, sealed)
	if err != nil {
		return nil, err
	}
	return packed.Expand(frame.NoDictionary)
}
