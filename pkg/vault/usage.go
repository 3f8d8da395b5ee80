package vault

import (
	"context"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/pack"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// Usage is what a unit takes in the store.
type Usage struct {
	Packs       int
	Content     int64 // sealed blocks of content
	LastContent int64 // of that, what the newest head brought
	Catalog     int64 // segments
}

// Usage adds up what the newest head refers to. It reads the footers of all packs.
func (v *Vault) Usage(ctx context.Context, id UnitID) (Usage, error) {
	const op = "measure unit"
	u, err := v.unit(id)
	if err != nil {
		return Usage{}, err
	}
	c, err := u.newestCatalog(ctx)
	if err != nil {
		return Usage{}, fault.Wrap(op, err)
	}
	var sum Usage
	packs := map[object.ID]bool{}
	for _, s := range append(append([]*segment.Segment{}, c.items...), c.blobs...) {
		sum.Catalog += int64(s.Length)
		of, err := s.Packs(ctx)
		if err != nil {
			return sum, asDamage(op, err)
		}
		for _, p := range of {
			if packs[p.ID] {
				continue
			}
			packs[p.ID] = true
			size, err := c.packContent(ctx, p)
			if err != nil {
				return sum, asDamage(op, err)
			}
			sum.Content += size
			if p.ID.Seq == c.head.Seq {
				sum.LastContent += size
			}
		}
	}
	sum.Packs = len(packs)
	return sum, nil
}

// packContent is how long the frames of a pack's blocks are.
func (c *catalog) packContent(ctx context.Context, p object.Carrier) (size int64, err error) {
	raw, err := c.footerOf(ctx, object.Pack, p)
	if err != nil {
		return 0, err
	}
	blocks, err := pack.ParseFooter(raw)
	for _, b := range blocks {
		size += int64(b.Length)
	}
	return size, err
}
