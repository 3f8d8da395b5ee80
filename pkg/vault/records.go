package vault

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// records are the snapshots that the head itself knows, oldest first: its table, and itself if it
// is one. It is the table of the next head.
func (c *catalog) records() []head.Record {
	list := slices.Clone(c.head.Snapshots)
	if c.head.Kind == head.Snapshot {
		self := c.head.Self
		self.Hash = c.hash
		list = append(list, self)
	}
	return list
}

// allRecords are all snapshots, oldest first, those that rolled out of the head too.
func (c *catalog) allRecords(ctx context.Context) ([]head.Record, error) {
	var list []head.Record
	first := []byte{byte(row.Snapshot)}
	view := View{catalog: c, seq: newestSeq}
	for r, err := range view.rows(ctx, segment.Everything(first, row.After(first))) {
		if err != nil {
			return nil, err
		}
		body, err := row.Body(r.Value)
		if err != nil {
			return nil, damaged("read snapshot record", err)
		}
		list = append(list, head.ReadRecord(body))
		if body.Err() != nil {
			return nil, damaged("read snapshot record", body.Err())
		}
	}
	return append(list, c.records()...), nil
}

func (c *catalog) snapshot(r head.Record) Snapshot {
	s := Snapshot{
		Seq: r.Seq, Time: r.Time, Run: r.Run, Progress: r.Kind == head.Checkpoint, Partial: r.Partial, Note: r.Note,
		Counts: countsOf(r.Counts), Hash: r.Hash,
	}
	if r.Seq == c.head.Seq {
		s.Hash = c.hash
	}
	return s
}

func (c *catalog) loadedDictionaries() map[byte]*frame.Dictionary {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.dictionaries)
}

// Snapshots lists the snapshots of a unit, oldest first; none if there was no backup. A checkpoint
// of a run that has not ended is last and has Progress set.
func (v *Vault) Snapshots(ctx context.Context, id UnitID) ([]Snapshot, error) {
	u, err := v.unit(id)
	if err != nil {
		return nil, err
	}
	c, err := u.newestCatalog(ctx)
	if err != nil {
		return nil, fault.Wrap("list snapshots", err)
	}
	records, err := c.allRecords(ctx)
	if err != nil {
		return nil, fault.Wrap("list snapshots", err)
	}
	if c.head.Kind == head.Checkpoint {
		records = append(records, c.head.Self)
	}
	list := make([]Snapshot, len(records))
	for i, r := range records {
		list[i] = c.snapshot(r)
	}
	return list, nil
}

// Head is the newest head of a unit.
type Head struct {
	Snapshot        // what it says of itself
	Record   []byte // which resource the unit is, as the last run said
}

// Head reads the newest head; fault.NotFound if the unit has none. Whoever remembers its seq and
// hash notices a store that was set back.
func (v *Vault) Head(ctx context.Context, id UnitID) (Head, error) {
	u, err := v.unit(id)
	if err != nil {
		return Head{}, err
	}
	c, err := u.newestCatalog(ctx)
	if err != nil {
		return Head{}, err
	}
	if c.head.Seq == 0 {
		return Head{}, noSnapshot(id, 0)
	}
	return Head{Snapshot: c.snapshot(c.head.Self), Record: c.head.Resource}, nil
}

func noSnapshot(id UnitID, seq uint64) error {
	text := fmt.Sprintf("unit %s has no backup", id)
	if seq != 0 {
		text = fmt.Sprintf("unit %s has no snapshot %d", id, seq)
	}
	return fault.New(fault.NotFound, "open snapshot", text, fault.Next("list the snapshots of the resource"))
}
