package vault

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// View is a unit at one snapshot. It never changes and may be used from several goroutines.
type View struct {
	catalog *catalog
	seq     uint64
	record  head.Record
	overlay []segment.Row // rows of a session that no head holds yet
}

// At opens a unit at the snapshot seq, 0 for the newest. A checkpoint that [Vault.Snapshots] lists
// may be opened too.
func (v *Vault) At(ctx context.Context, id UnitID, seq uint64) (*View, error) {
	u, err := v.unit(id)
	if err != nil {
		return nil, err
	}
	c, err := u.newestCatalog(ctx)
	if err != nil {
		return nil, fault.Wrap("open snapshot", err)
	}
	return c.at(ctx, seq)
}

func (c *catalog) at(ctx context.Context, seq uint64) (*View, error) {
	records := c.records()
	if c.head.Kind == head.Checkpoint && seq != 0 {
		records = append(records, c.head.Self)
	}
	if seq == 0 && len(records) > 0 {
		seq = records[len(records)-1].Seq
	}
	if len(records) > 0 && seq != 0 && seq < records[0].Seq {
		var err error
		if records, err = c.allRecords(ctx); err != nil {
			return nil, fault.Wrap("open snapshot", err)
		}
	}
	i := slices.IndexFunc(records, func(r head.Record) bool { return r.Seq == seq })
	if i < 0 {
		return nil, noSnapshot(c.unit.id, seq)
	}
	return &View{catalog: c, seq: seq, record: records[i]}, nil
}

// Snapshot is the snapshot that is viewed; zero for the view of a session.
func (w *View) Snapshot() Snapshot { return w.catalog.snapshot(w.record) }

// rows yields of each key in the range the row that the view sees, unless that says deleted. A
// row is valid until the next one.
func (w *View) rows(ctx context.Context, within segment.Range) iter.Seq2[segment.Row, error] {
	return func(yield func(segment.Row, error) bool) {
		within.MaxSeq = min(within.MaxSeq, w.seq)
		inputs := w.catalog.scan(within)
		if w.overlay != nil {
			inputs = append([]segment.Rows{segment.List(under(w.overlay, within))}, inputs...)
		}
		merged := segment.Merge(inputs...)
		var seen []byte
		for {
			more, err := merged.Next(ctx)
			if err != nil {
				yield(segment.Row{}, asDamage("read catalog", err))
				return
			}
			if !more {
				return
			}
			r := merged.Row()
			if r.Seq > w.seq || seen != nil && bytes.Equal(r.Key, seen) {
				continue
			}
			seen = append(seen[:0], r.Key...)
			if !row.IsDeleted(r.Value) && !yield(r, nil) {
				return
			}
		}
	}
}

func (w *View) entries(ctx context.Context, within segment.Range) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for r, err := range w.rows(ctx, within) {
			if err != nil {
				yield(Entry{}, fault.Wrap("list items", err))
				return
			}
			e, err := parseEntry(r)
			if err != nil {
				yield(e, damaged("list items", err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Containers yields the items of [Root].
func (w *View) Containers(ctx context.Context) iter.Seq2[Entry, error] { return w.Items(ctx, Root, "") }

// Items yields the items of a container in the order of their ids, those after one id; "" for all.
func (w *View) Items(ctx context.Context, container, after string) iter.Seq2[Entry, error] {
	first := row.Prefix(row.Item, container)
	end := row.After(first)
	if after != "" {
		first = append(row.Key(row.Item, container, after), 0)
	}
	return w.entries(ctx, segment.Everything(first, end))
}

// Walk yields every item, in the order of containers and ids.
func (w *View) Walk(ctx context.Context) iter.Seq2[Entry, error] {
	first := []byte{byte(row.Item)}
	return w.entries(ctx, segment.Everything(first, row.After(first)))
}

// Lookup returns one item; fault.NotFound if the snapshot has it not.
func (w *View) Lookup(ctx context.Context, ref Ref) (Entry, error) {
	r, err := w.lookup(ctx, itemKey(ref))
	if err != nil {
		return Entry{}, fault.Wrap("look up item", err)
	}
	if !live(r.Value) {
		return Entry{}, fault.New(fault.NotFound, "look up item", "the snapshot has no such item")
	}
	e, err := parseEntry(r)
	if err != nil {
		return e, damaged("look up item", err)
	}
	return e, nil
}

func (w *View) lookup(ctx context.Context, key []byte) (segment.Row, error) {
	i, ok := slices.BinarySearchFunc(w.overlay, key, func(r segment.Row, key []byte) int { return bytes.Compare(r.Key, key) })
	if ok {
		return w.overlay[i], nil
	}
	r, _, err := w.catalog.item(ctx, key, w.seq)
	r.Key = key
	return r, err
}

func itemKey(ref Ref) []byte { return row.Key(row.Item, ref.Container, ref.ID) }

// part is the index of a part, -1 without one.
func (e *Entry) part(name string) int {
	return slices.IndexFunc(e.Parts, func(p PartInfo) bool { return p.Name == name })
}
