package vault

import (
	"cmp"
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
	rows := make([]segment.Row, 0, len(m))
	for key, p := range m {
		rows = append(rows, segment.Row{Key: []byte(key), Value: p.value, Seq: seq})
	}
	slices.SortFunc(rows, func(a, b segment.Row) int { return cmp.Compare(string(a.Key), string(b.Key)) })
	return rows
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
