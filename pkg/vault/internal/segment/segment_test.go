package segment

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/cache"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// source is segments in memory.
type source struct {
	key  *frame.Key
	data map[object.ID][]byte
	read int
}

func (s *source) ReadCarried(_ context.Context, _ byte, c object.Carrier, offset, length uint64) ([]byte, error) {
	s.read++
	return bytes.Clone(s.data[c.ID][offset : offset+length]), nil
}

func (s *source) Key(context.Context, uint32) (*frame.Key, error) { return s.key, nil }

func newSource(t testing.TB) *source {
	t.Helper()
	key, err := frame.NewKey("v", "u", 1, make([]byte, frame.SecretSize))
	if err != nil {
		t.Fatal(err)
	}
	return &source{key: key, data: map[object.ID][]byte{}}
}

func (s *source) segment(rows []Row, random, minSeq uint64) *Segment {
	b := NewBuilder(Items, s.key, object.ID{Seq: 1, Random: random}, minSeq)
	for _, r := range rows {
		b.Add(r)
	}
	ref, data := b.Finish()
	s.data[ref.ID] = data
	return New(ref, s, cache.New[CacheKey, any](1<<20))
}

// versions are rows of keys with several versions each, in order.
func versions(r *rand.Rand, keys, most int) []Row {
	var rows []Row
	for n := range keys {
		key := fmt.Appendf(nil, "icontainer-%d\x00\x01item-%06d", n%3, r.Intn(1_000_000))
		for range 1 + r.Intn(most) {
			rows = append(rows, Row{Key: key, Seq: uint64(1 + r.Intn(40)), Value: bytes.Repeat([]byte{byte(n)}, r.Intn(300))})
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(bytes.Compare(a.Key, b.Key), cmp.Compare(b.Seq, a.Seq)) })
	return slices.CompactFunc(rows, func(a, b Row) bool { return bytes.Equal(a.Key, b.Key) && a.Seq == b.Seq })
}

func TestGetFindsTheNewestVersionOfATime(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	rows := versions(r, 2000, 6)
	s := newSource(t).segment(rows, 1, 1)
	for range 3000 {
		key, seq := rows[r.Intn(len(rows))].Key, uint64(r.Intn(45))
		if r.Intn(4) == 0 {
			key = append(bytes.Clone(key), 'x')
		}
		i := slices.IndexFunc(rows, func(row Row) bool { return bytes.Equal(row.Key, key) && row.Seq <= seq })
		got, ok, err := s.Get(t.Context(), key, HashKey(Items, key), seq)
		if err != nil || ok != (i >= 0) {
			t.Fatalf("%q at %d: %v, %v; want row %d", key, seq, ok, err, i)
		}
		if ok && (got.Seq != rows[i].Seq || !bytes.Equal(got.Value, rows[i].Value)) {
			t.Fatalf("%q at %d: %+v, want %+v", key, seq, got, rows[i])
		}
	}
}

func TestABloomFilterSparesReads(t *testing.T) {
	src := newSource(t)
	s := src.segment(versions(rand.New(rand.NewSource(1)), 5000, 1), 1, 1)
	for n := range 1000 {
		key := fmt.Appendf(nil, "icontainer-1\x00\x01other-%d", n)
		if _, ok, err := s.Get(t.Context(), key, HashKey(Items, key), math.MaxUint64); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if src.read > 40 {
		t.Errorf("%d reads for 1,000 keys that are not there", src.read)
	}
}

func TestMergedScansAreOneOrder(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	src := newSource(t)
	var all []Row
	var inputs []Rows
	first, end := []byte("icontainer-1"), []byte("icontainer-2\x00\x01item-5")
	for n := range uint64(7) {
		rows := versions(r, 300, 3)
		all = append(all, rows...)
		inputs = append(inputs, src.segment(rows, n, 1).Scan(Everything(first, end)))
	}
	slices.SortStableFunc(all, func(a, b Row) int { return cmp.Or(bytes.Compare(a.Key, b.Key), cmp.Compare(b.Seq, a.Seq)) })
	merged := Merge(inputs...)
	for _, want := range all {
		if bytes.Compare(want.Key, first) < 0 || bytes.Compare(want.Key, end) >= 0 {
			continue
		}
		more, err := merged.Next(t.Context())
		got := merged.Row()
		if err != nil || !more || !bytes.Equal(got.Key, want.Key) || got.Seq != want.Seq || !bytes.Equal(got.Value, want.Value) {
			t.Fatalf("%v, %v: %+v, want %+v", more, err, got, want)
		}
	}
	if more, err := merged.Next(t.Context()); more || err != nil {
		t.Errorf("more than was put in: %v, %v", more, err)
	}
}

func TestScansPassOverBlocksOfOtherTimes(t *testing.T) {
	src := newSource(t)
	var rows []Row
	for n := range 20_000 {
		rows = append(rows, Row{Key: fmt.Appendf(nil, "i\x00\x01%06d", n), Seq: uint64(1 + n/5000), Value: make([]byte, 30)})
	}
	s := src.segment(rows, 1, 1)
	scan := s.Scan(Range{First: []byte("i"), MinSeq: 3, MaxSeq: 3})
	seen := 0
	for {
		more, err := scan.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			break
		}
		seen++
	}
	if seen < 5000 || seen > 8000 {
		t.Errorf("%d rows were read for 5,000", seen)
	}
}

func TestBounds(t *testing.T) {
	long := bytes.Repeat([]byte("k"), 100)
	ref := Ref{MinKey: []byte("d"), MaxKey: bound(long)}
	for key, want := range map[string]bool{"c": false, "d": true, "e": true, string(long): true, string(long) + "z": true, "kl": false, "z": false} {
		if got := ref.MayHold([]byte(key)); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}

func FuzzParseBlock(f *testing.F) {
	f.Add(encodeBlock(nil, versions(rand.New(rand.NewSource(1)), 5, 2), 1), uint16(5))
	f.Fuzz(func(_ *testing.T, raw []byte, rows uint16) {
		b, err := parseBlock(raw, int(rows), 0)
		if err != nil {
			return
		}
		for i := range b.starts {
			b.row(i)
		}
		b.search(raw, 1)
	})
}

func FuzzParseFooter(f *testing.F) {
	src := newSource(f)
	b := NewBuilder(Items, src.key, object.ID{}, 0)
	b.Pack(object.Carrier{Head: 3, Offset: 12})
	b.Add(Row{Key: []byte("k"), Value: []byte("v")})
	b.cut()
	b.separate([]byte("l"))
	f.Add(b.footer())
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := Segment{Ref: Ref{Table: Items, Carrier: object.Carrier{Length: 1000}}}
		r := wire.NewReader(raw) // whatever the footer says of itself is what the head says
		r.Byte()
		s.Rows, s.MinSeq, s.MaxSeq = r.Uvarint(), r.Uvarint(), r.Uvarint()
		if footer, err := s.parseFooter(raw); err == nil {
			footer.filter.mayHold(Hash{1, 2})
			footer.search([]byte("k"))
		}
	})
}
