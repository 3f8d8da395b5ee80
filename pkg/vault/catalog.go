package vault

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// catalog answers from one head: what is where. It never changes.
type catalog struct {
	unit   *unit
	head   *head.Head // seq 0 if the unit has no head
	hash   head.Hash
	loaded time.Time // when the head was known to be the newest
	items  []*segment.Segment
	blobs  []*segment.Segment

	mu           sync.Mutex
	dictionaries map[byte]*frame.Dictionary
}

// newest loads the newest head.
func (u *unit) newestCatalog(ctx context.Context) (*catalog, error) {
	loaded := u.vault.now()
	seq, err := u.newestSeq(ctx)
	if err != nil {
		return nil, err
	}
	if seq == 0 {
		return u.catalog(&head.Head{}, head.Hash{}, loaded), nil
	}
	h, hash, err := u.readHead(ctx, seq)
	if err != nil {
		return nil, err
	}
	return u.catalog(h, hash, loaded), nil
}

// newestSeq is the seq of the newest head, 0 if there is none.
func (u *unit) newestSeq(ctx context.Context) (uint64, error) {
	for o, err := range u.vault.backend.List(ctx, object.HeadPrefix(string(u.id)), "", 1) {
		if err != nil {
			return 0, fault.Wrap("find newest head", err)
		}
		seq, err := object.HeadSeq(string(u.id), o.Name)
		if err != nil {
			return 0, damaged("find newest head", err)
		}
		return seq, nil
	}
	return 0, nil
}

func (u *unit) readHead(ctx context.Context, seq uint64) (*head.Head, head.Hash, error) {
	raw, err := u.vault.backend.Read(ctx, object.HeadName(string(u.id), seq), 0, -1)
	if err != nil {
		return nil, head.Hash{}, fault.Wrap("read head", err)
	}
	hash := head.HashOf(raw) // before: decoding decrypts in place
	h, err := head.Decode(raw, seq, func(version uint32) (*frame.Key, error) { return u.Key(ctx, version) })
	if err != nil {
		return nil, head.Hash{}, asDamage(fmt.Sprintf("read head %d", seq), err)
	}
	return h, hash, nil
}

func (u *unit) catalog(h *head.Head, hash head.Hash, loaded time.Time) *catalog {
	c := &catalog{unit: u, head: h, hash: hash, loaded: loaded, dictionaries: map[byte]*frame.Dictionary{}}
	for _, ref := range h.Segments {
		s := segment.New(ref, u, u.vault.cache)
		if ref.Table == segment.Items {
			c.items = append(c.items, s)
		} else {
			c.blobs = append(c.blobs, s)
		}
	}
	return c
}

// asDamage keeps what is classified already, and calls everything else damage.
func asDamage(op string, err error) error {
	var known *fault.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(op, err)
	}
	return damaged(op, err)
}

// lastSnapshot is the seq of the newest snapshot, 0 without one.
func (c *catalog) lastSnapshot() uint64 {
	if c.head.Kind == head.Snapshot {
		return c.head.Seq
	}
	return c.head.Self.Previous
}

// item returns the row of a key of the table of items as of seq; deleted ones too.
func (c *catalog) item(ctx context.Context, key []byte, seq uint64) (segment.Row, bool, error) {
	return find(ctx, c.items, segment.Items, key, seq)
}

// find looks from the newest segment to the oldest.
func find(ctx context.Context, segments []*segment.Segment, table segment.Table, key []byte, seq uint64) (segment.Row, bool, error) {
	if len(segments) == 0 {
		return segment.Row{}, false, nil
	}
	hash := segment.HashKey(table, key)
	for _, s := range segments {
		r, ok, err := s.Get(ctx, key, hash, seq)
		if err != nil {
			return r, false, asDamage("read catalog", err)
		}
		if ok {
			return r, true, nil
		}
	}
	return segment.Row{}, false, nil
}

// scan streams the rows of the table of items in a range.
func (c *catalog) scan(within segment.Range) []segment.Rows {
	var rows []segment.Rows
	for _, s := range c.items {
		if s.MaxSeq >= within.MinSeq && s.MinSeq <= within.MaxSeq && s.Overlaps(within.First, within.End) {
			rows = append(rows, s.Scan(within))
		}
	}
	return rows
}

// holds tells whether a payload is stored already.
func (c *catalog) holds(ctx context.Context, id frame.ID) (bool, error) {
	r, ok, err := find(ctx, c.blobs, segment.Blobs, id[:], math.MaxUint64)
	return ok && !row.IsDeleted(r.Value), err
}

// locate says where a payload is.
func (c *catalog) locate(ctx context.Context, id frame.ID) (object.Carrier, row.Location, error) {
	hash := segment.HashKey(segment.Blobs, id[:])
	for _, s := range c.blobs {
		r, ok, err := s.Get(ctx, id[:], hash, math.MaxUint64)
		if err != nil {
			return object.Carrier{}, row.Location{}, asDamage("find payload", err)
		}
		if !ok {
			continue
		}
		at, err := row.ParseLocation(r.Value)
		if err != nil {
			return object.Carrier{}, at, damaged("find payload", err)
		}
		packs, err := s.Packs(ctx)
		if err != nil {
			return object.Carrier{}, at, asDamage("find payload", err)
		}
		if at.Pack >= len(packs) {
			return object.Carrier{}, at, damaged("find payload", fmt.Errorf("pack %d of %d", at.Pack, len(packs)))
		}
		return packs[at.Pack], at, nil
	}
	return object.Carrier{}, row.Location{}, damaged("find payload", errors.New("no segment says where it is"))
}
