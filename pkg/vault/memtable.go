package vault

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// memtable holds rows that no head holds yet, by key.
type memtable map[string]pending

// pending is the newest value of a key, and whether the last snapshot had the item.
type pending struct {
	value  []byte
	before bool
}

// rows are the table's rows in order, with that seq.
func (m memtable) rows(seq uint64) []segment.Row {
	keys := slices.Collect(maps.Keys(m))
	sortKeys(keys)
	rows := make([]segment.Row, len(keys))
	for i, key := range keys {
		rows[i] = segment.Row{Key: []byte(key), Value: m[key].value, Seq: seq}
	}
	return rows
}

// sortKeys sorts keys that mostly begin alike, with their container: it compares the eight bytes
// after what all have in common, and the keys themselves only where those are equal.
func sortKeys(keys []string) {
	if len(keys) == 0 {
		return
	}
	common := len(keys[0])
	for _, key := range keys {
		for common = min(common, len(key)); key[:common] != keys[0][:common]; {
			common--
		}
	}
	type sortable struct {
		head uint64
		key  string
	}
	list := make([]sortable, len(keys))
	for i, key := range keys {
		var head [8]byte
		copy(head[:], key[common:])
		list[i] = sortable{binary.BigEndian.Uint64(head[:]), key}
	}
	slices.SortFunc(list, func(a, b sortable) int {
		if c := cmp.Compare(a.head, b.head); c != 0 {
			return c
		}
		return cmp.Compare(a.key, b.key)
	})
	for i, s := range list {
		keys[i] = s.key
	}
}

// overlay is what both tables hold, the first one winning, as rows newer than any head.
func overlay(first, second memtable) []segment.Row {
	both := maps.Clone(second)
	if both == nil {
		both = memtable{}
	}
	maps.Copy(both, first)
	return both.rows(math.MaxUint64)
}

// under are the rows whose keys are in the range, of rows in order.
func under(rows []segment.Row, within segment.Range) []segment.Row {
	find := func(key []byte) int {
		i, _ := slices.BinarySearchFunc(rows, key, func(r segment.Row, key []byte) int { return strings.Compare(string(r.Key), string(key)) })
		return i
	}
	end := len(rows)
	if within.End != nil {
		end = find(within.End)
	}
	return rows[min(find(within.First), end):end]
}

// standing is how an item stands against the last snapshot.
type standing struct{ before, now, touched bool }

// tally returns the count that the standing belongs to, nil if to none.
func (c *tallies) tally(s standing) *uint64 {
	switch {
	case !s.before && s.now:
		return &c.Added
	case s.before && !s.now:
		return &c.Deleted
	case s.before && s.now && s.touched:
		return &c.Changed
	default:
		return nil
	}
}

func live(value []byte) bool { return len(value) > 1 && !row.IsDeleted(value) }
