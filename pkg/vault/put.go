package vault

import (
	"bytes"
	"context"
	"math"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/pack"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Put stores an item, whole or not at all. An item that is identical to what the vault holds
// costs no byte. A failure on record for it is cleared.
func (s *Session) Put(ctx context.Context, item Item) (Change, error) {
	const op = "put item"
	if err := s.Err(); err != nil {
		return Unchanged, err
	}
	if err := checkItem(&item); err != nil {
		return Unchanged, err
	}
	parts, contents := make([]PartInfo, len(item.Parts)), make([]content, len(item.Parts))
	var read uint64
	for i, part := range item.Parts {
		owner := &pack.Owner{Container: item.Container, ID: item.ID, Part: part.Name}
		size, where, err := s.store(ctx, owner, part)
		if err != nil {
			return Unchanged, fault.Wrap(op, err)
		}
		parts[i], contents[i] = PartInfo{part.Name, size}, where
		if part.Reuse == nil {
			read += uint64(size)
		}
	}
	change, err := s.set(ctx, item.Ref, itemValue(&item.Meta, parts, contents), read)
	if err != nil {
		return Unchanged, fault.Wrap(op, err)
	}
	return change, fault.Wrap(op, s.tick(ctx))
}

// Delete removes an item from what follows; earlier snapshots keep it. It tells whether there was
// one. A failure on record for it is cleared.
func (s *Session) Delete(ctx context.Context, ref Ref) (bool, error) {
	const op = "delete item"
	if err := s.Err(); err != nil {
		return false, err
	}
	if err := checkRef(ref); err != nil {
		return false, err
	}
	change, err := s.set(ctx, ref, row.Deleted, 0)
	if err != nil {
		return false, fault.Wrap(op, err)
	}
	return change == Deleted, fault.Wrap(op, s.tick(ctx))
}

// DeleteContainer deletes everything in a container, with its link and failures, and tells how
// many items there were. The container's own item in [Root] stays.
func (s *Session) DeleteContainer(ctx context.Context, container string) (int, error) {
	n := 0
	for e, err := range s.View().Items(ctx, container, "") {
		if err != nil {
			return n, fault.Wrap("delete container", err)
		}
		if _, err := s.Delete(ctx, e.Ref); err != nil {
			return n, err
		}
		n++
	}
	for _, f := range s.Failures() {
		if f.Container == container {
			s.mu.Lock()
			s.clear(f.Ref)
			s.mu.Unlock()
		}
	}
	return n, s.SetLink(ctx, container, nil)
}

// SetLink keeps bytes for a container, by which the next run goes on; nil removes them. Call it
// when every Put of what came before the link has returned: a checkpoint may follow at once.
func (s *Session) SetLink(ctx context.Context, container string, link []byte) error {
	if err := s.Err(); err != nil {
		return err
	}
	key, value := row.Key(row.Link, container, ""), row.Deleted
	if link != nil {
		value = wire.AppendBytes([]byte{row.Present}, link)
	}
	r, ok, err := s.current(ctx, key)
	if err != nil {
		return fault.Wrap("set link", err)
	}
	if !bytes.Equal(r.Value, value) && (ok || link != nil) {
		s.mu.Lock()
		s.active[string(key)] = pending{value: value}
		s.mu.Unlock()
	}
	return s.tick(ctx)
}

// Fail puts an item on record as failed in this run. What earlier snapshots have of it stays.
// The reason must not hold content.
func (s *Session) Fail(ctx context.Context, ref Ref, kind fault.Kind, reason string) error {
	if err := s.Err(); err != nil {
		return err
	}
	if err := checkRef(ref); err != nil {
		return err
	}
	s.mu.Lock()
	f, known := s.failures[ref]
	if !known {
		f = Failure{Ref: ref, Since: stored(s.vault.now())}
	}
	if !s.retried[ref] {
		f.Attempts++
	}
	f.Kind, f.Reason = kind.String(), reason
	s.failures[ref], s.retried[ref] = f, true
	s.active[string(row.Key(row.Failure, ref.Container, ref.ID))] = pending{value: failureValue(f)}
	s.mu.Unlock()
	return s.tick(ctx)
}

// clear takes an item off the record of failures. The caller holds mu.
func (s *Session) clear(ref Ref) {
	if _, failed := s.failures[ref]; failed {
		delete(s.failures, ref)
		s.active[string(row.Key(row.Failure, ref.Container, ref.ID))] = pending{value: row.Deleted}
	}
}

// set makes value the item's newest, and counts what that means against the last snapshot.
func (s *Session) set(ctx context.Context, ref Ref, value []byte, read uint64) (Change, error) {
	key := row.Key(row.Item, ref.Container, ref.ID)
	for {
		s.mu.Lock()
		base := s.base
		if p, ok := s.pending(key); ok {
			defer s.mu.Unlock()
			return s.apply(ref, key, value, read, p.value, standing{p.before, live(p.value), true}), nil
		}
		s.mu.Unlock()
		old, is, err := base.standing(ctx, key)
		if err != nil {
			return Unchanged, err
		}
		s.mu.Lock()
		_, appeared := s.pending(key)
		if s.base == base && !appeared {
			defer s.mu.Unlock()
			return s.apply(ref, key, value, read, old, is), nil
		}
		s.mu.Unlock() // a commit or another Put came between: look again
	}
}

// standing is the newest value of an item's key, and how it stands against the last snapshot.
func (c *catalog) standing(ctx context.Context, key []byte) ([]byte, standing, error) {
	r, _, err := c.item(ctx, key, math.MaxUint64)
	if err != nil {
		return nil, standing{}, err
	}
	is := standing{before: live(r.Value), now: live(r.Value)}
	if last := c.lastSnapshot(); r.Seq > last {
		var earlier segment.Row
		if earlier, _, err = c.item(ctx, key, last); err != nil {
			return nil, standing{}, err
		}
		is.before, is.touched = live(earlier.Value), true
	}
	return r.Value, is, nil
}

// apply is set once it is known what was there. The caller holds mu.
func (s *Session) apply(ref Ref, key, value []byte, read uint64, old []byte, is standing) Change {
	s.counts.BytesRead += read
	s.clear(ref)
	now := live(value)
	if !is.now && !now || bytes.Equal(old, value) {
		s.unchanged++
		return Unchanged
	}
	c := (*tallies)(&s.counts)
	if n := c.tally(is); n != nil {
		*n--
	}
	if n := c.tally(standing{is.before, now, true}); n != nil {
		*n++
	}
	c.remove(old)
	c.add(value)
	s.active[string(key)] = pending{value: value, before: is.before}
	switch {
	case !now:
		return Deleted
	case is.now:
		return Changed
	default:
		return Added
	}
}

// tallies are counts that follow the rows.
type tallies head.Counts

func (c *tallies) add(value []byte) {
	if live(value) {
		c.Items++
		if itemKind(value) == KindFolder {
			c.Folders++
		}
	}
}

func (c *tallies) remove(value []byte) {
	if live(value) {
		c.Items--
		if itemKind(value) == KindFolder {
			c.Folders--
		}
	}
}

func countsOf(c head.Counts) Counts {
	return Counts{
		Items: int64(c.Items), Folders: int64(c.Folders), Added: int64(c.Added), Changed: int64(c.Changed), Deleted: int64(c.Deleted),
		Failed: int64(c.Failed), BytesRead: int64(c.BytesRead), BytesStored: int64(c.BytesStored),
	}
}
