package vault

import (
	"bytes"
	"context"
	"iter"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// Diff yields the items that differ between the snapshots a and b, in order. It reads only what
// was written between the two: the older may be either.
func (v *Vault) Diff(ctx context.Context, id UnitID, a, b uint64) iter.Seq2[Difference, error] {
	return func(yield func(Difference, error) bool) {
		before, after, err := v.pair(ctx, id, a, b)
		if err != nil {
			yield(Difference{}, fault.Wrap("compare snapshots", err))
			return
		}
		for key, err := range before.catalog.touched(ctx, min(a, b), max(a, b)) {
			var d Difference
			differs := false
			if err == nil {
				d, differs, err = difference(ctx, before, after, key)
			}
			if err != nil {
				yield(Difference{}, fault.Wrap("compare snapshots", err))
				return
			}
			if differs && !yield(d, nil) {
				return
			}
		}
	}
}

func (v *Vault) pair(ctx context.Context, id UnitID, a, b uint64) (*View, *View, error) {
	before, err := v.At(ctx, id, a)
	if err != nil {
		return nil, nil, err
	}
	after, err := before.catalog.at(ctx, b)
	return before, after, err
}

// touched yields the keys of items with a row whose seq is above a and at most b.
func (c *catalog) touched(ctx context.Context, a, b uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		first := []byte{byte(row.Item)}
		rows := segment.Merge(c.scan(segment.Range{First: first, End: row.After(first), MinSeq: a + 1, MaxSeq: b})...)
		var last []byte
		for {
			more, err := rows.Next(ctx)
			if err != nil {
				yield(nil, asDamage("read catalog", err))
				return
			}
			if !more {
				return
			}
			r := rows.Row()
			if r.Seq <= a || r.Seq > b || bytes.Equal(r.Key, last) {
				continue
			}
			last = append(last[:0], r.Key...)
			if !yield(bytes.Clone(r.Key), nil) {
				return
			}
		}
	}
}

func difference(ctx context.Context, before, after *View, key []byte) (d Difference, differs bool, err error) {
	was, err := before.lookup(ctx, key)
	if err != nil {
		return d, false, err
	}
	is, err := after.lookup(ctx, key)
	if err != nil {
		return d, false, err
	}
	switch {
	case live(was.Value) && live(is.Value):
		d.Change = Changed
	case live(is.Value):
		d.Change = Added
	case live(was.Value):
		d.Change = Deleted
	}
	if bytes.Equal(was.Value, is.Value) || d.Change == Unchanged {
		return d, false, nil
	}
	if live(was.Value) {
		if d.Before, err = parseEntry(was); err != nil {
			return d, false, damaged("compare snapshots", err)
		}
	}
	if live(is.Value) {
		if d.After, err = parseEntry(is); err != nil {
			return d, false, damaged("compare snapshots", err)
		}
	}
	return d, true, nil
}
