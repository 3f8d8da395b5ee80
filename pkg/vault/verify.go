package vault

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/pack"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// VerifyProgress is how far a verification is.
type VerifyProgress struct {
	Items, Total int64 // done, and of the snapshot
	Bytes        int64 // of parts
	Damages      int
}

// Report is what a verification found.
type Report struct {
	Snapshot Snapshot
	Items    int64
	Parts    int64
	Bytes    int64
	Packs    int // whose header and footer were checked too
	Damages  []Damage
}

// Damage is something that cannot be given back.
type Damage struct {
	Ref          // the item; empty for an object that concerns all
	Part  string // empty for the item's row
	Cause error
}

// Verify reads every part of every item of a snapshot the way a restore does, and then headers and
// footers of the packs and segments. What is damaged is in the report; the error says why a
// verification could not go on. A snapshot of seq 0 is the newest.
func (v *Vault) Verify(ctx context.Context, id UnitID, seq uint64, progress func(VerifyProgress)) (Report, error) {
	const op = "verify snapshot"
	view, err := v.At(ctx, id, seq)
	if err != nil {
		return Report{}, fault.Wrap(op, err)
	}
	r := Report{Snapshot: view.Snapshot()}
	for e, err := range view.Walk(ctx) {
		if err != nil {
			if fault.ReasonOf(err) != Damaged {
				return r, fault.Wrap(op, err)
			}
			r.Damages = append(r.Damages, Damage{Ref: e.Ref, Cause: err})
			break // the order of the catalog is lost
		}
		if err := view.verifyItem(ctx, e, &r); err != nil {
			return r, fault.Wrap(op, err)
		}
		if progress != nil {
			progress(VerifyProgress{r.Items, r.Snapshot.Counts.Items, r.Bytes, len(r.Damages)})
		}
	}
	return r, fault.Wrap(op, view.catalog.verifyObjects(ctx, &r))
}

func (w *View) verifyItem(ctx context.Context, e Entry, r *Report) error {
	r.Items++
	for _, part := range e.Parts {
		n, err := w.drain(ctx, e, part.Name)
		if err == nil && n != part.Size {
			err = damaged("read part", fmt.Errorf("%d bytes, the catalog says %d", n, part.Size))
		}
		if err := r.note(e.Ref, part.Name, err); err != nil {
			return err
		}
		r.Parts, r.Bytes = r.Parts+1, r.Bytes+n
	}
	return nil
}

// note puts damage on the report, and returns every other error.
func (r *Report) note(ref Ref, part string, err error) error {
	if err != nil && fault.ReasonOf(err) == Damaged {
		r.Damages = append(r.Damages, Damage{ref, part, err})
		return nil
	}
	return err
}

func (w *View) drain(ctx context.Context, e Entry, part string) (int64, error) {
	body, err := w.Open(ctx, e, part)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.Copy(io.Discard, body)
}

// verifyObjects checks what no restore reads: headers and footers, from which a catalog could be
// rebuilt, and the lengths of objects.
func (c *catalog) verifyObjects(ctx context.Context, r *Report) error {
	packs := map[object.ID]bool{}
	for _, s := range append(append([]*segment.Segment{}, c.items...), c.blobs...) {
		if err := r.note(Ref{}, "", c.checkEnds(ctx, object.Segment, s.Carrier, nil)); err != nil {
			return err
		}
		of, err := s.Packs(ctx)
		if err := r.note(Ref{}, "", asDamageOrNil("read segment", err)); err != nil {
			return err
		}
		for _, p := range of {
			if packs[p.ID] {
				continue
			}
			packs[p.ID] = true
			if err := r.note(Ref{}, "", c.checkEnds(ctx, object.Pack, p, checkPackFooter)); err != nil {
				return err
			}
		}
	}
	r.Packs = len(packs)
	return nil
}

func asDamageOrNil(op string, err error) error {
	if err == nil {
		return nil
	}
	return asDamage(op, err)
}

func checkPackFooter(raw []byte) error {
	_, err := pack.ParseFooter(raw)
	return err
}

// checkEnds checks header, footer and trailing length of a carried object.
func (c *catalog) checkEnds(ctx context.Context, letter byte, o object.Carrier, parse func([]byte) error) error {
	name := "check " + o.Name(string(c.unit.id), letter)
	first, err := c.unit.ReadCarried(ctx, letter, o, 0, object.HeaderSize)
	if err != nil {
		return err
	}
	version, err := object.ParseHeader(first, letter)
	if err == nil && version != o.Version {
		err = errors.New("the header names another key version")
	}
	if err != nil {
		return damaged(name, err)
	}
	raw, err := c.footerOf(ctx, letter, o)
	if err == nil && parse != nil {
		err = parse(raw)
	}
	return asDamageOrNil(name, err)
}

// footerOf opens a footer where the object's last bytes say that it is. A wrong length is a wrong
// place, at which nothing opens.
func (c *catalog) footerOf(ctx context.Context, letter byte, o object.Carrier) ([]byte, error) {
	last, err := c.unit.ReadCarried(ctx, letter, o, o.Length-4, 4)
	if err != nil {
		return nil, err
	}
	length := uint64(binary.LittleEndian.Uint32(last))
	if length+4+object.HeaderSize > o.Length {
		return nil, frame.ErrDamaged
	}
	at := o.Length - 4 - length
	key, err := c.unit.Key(ctx, o.Version)
	if err != nil {
		return nil, err
	}
	sealed, err := c.unit.ReadCarried(ctx, letter, o, at, length)
	if err != nil {
		return nil, err
	}
	packed, err := key.Open(frame.Place{Letter: letter, Object: o.ID, Offset: at}, sealed)
	if err != nil {
		return nil, err
	}
	return packed.Expand(frame.NoDictionary)
}
