package vault

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// cachedBlock is the largest block that is kept decoded: those that payloads share.
const cachedBlock = 64 << 10

// payload returns a payload's bytes, checked against its id.
func (c *catalog) payload(ctx context.Context, p piece) ([]byte, error) {
	pack, at, err := c.locate(ctx, p.id)
	if err != nil {
		return nil, err
	}
	block, err := c.block(ctx, pack, at)
	if err != nil {
		return nil, asDamage("read payload", err)
	}
	if at.Start+at.Size < at.Start || at.Start+at.Size > uint64(len(block)) || at.Size != p.length {
		return nil, damaged("read payload", fmt.Errorf("bytes %d to %d of a block of %d, wanted %d", at.Start, at.Start+at.Size, len(block), p.length))
	}
	data := block[at.Start : at.Start+at.Size]
	key, err := c.unit.Key(ctx, pack.Version)
	if err != nil {
		return nil, err
	}
	if key.Sum(data) != p.id {
		return nil, damaged("read payload", errors.New("the bytes are another payload's"))
	}
	return data, nil
}

// block opens the block that a location names.
func (c *catalog) block(ctx context.Context, pack object.Carrier, at row.Location) ([]byte, error) {
	where := segment.CacheKey{ID: pack.ID, Offset: at.Frame}
	if b, ok := c.unit.vault.blocks.Get(where); ok {
		return b.([]byte), nil
	}
	key, err := c.unit.Key(ctx, pack.Version)
	if err != nil {
		return nil, err
	}
	sealed, err := c.unit.ReadCarried(ctx, object.Pack, pack, at.Frame, at.Length)
	if err != nil {
		return nil, err
	}
	packed, err := key.Open(frame.Place{Letter: object.Pack, Object: pack.ID, Offset: at.Frame}, sealed)
	if err != nil {
		return nil, err
	}
	block, err := packed.Expand(func(number byte) (*frame.Dictionary, error) { return c.dictionary(ctx, number) })
	if err != nil {
		return nil, err
	}
	if len(block) <= cachedBlock {
		c.unit.vault.blocks.Put(where, block, int64(len(block)))
	}
	return block, nil
}

// dictionary loads one of the unit's dictionaries. Dictionaries are kept without one.
func (c *catalog) dictionary(ctx context.Context, number byte) (*frame.Dictionary, error) {
	c.mu.Lock()
	d, ok := c.dictionaries[number]
	c.mu.Unlock()
	if ok {
		return d, nil
	}
	for _, known := range c.head.Dictionaries {
		if known.Number != number {
			continue
		}
		content, err := c.payload(ctx, piece{known.ID, known.Length})
		if err != nil {
			return nil, err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if d, ok = c.dictionaries[number]; !ok {
			if d, err = frame.NewDictionary(number, content); err != nil {
				return nil, err
			}
			c.dictionaries[number] = d
		}
		return d, nil
	}
	return nil, fmt.Errorf("dictionary %d is not in the head: %w", number, frame.ErrDamaged)
}
