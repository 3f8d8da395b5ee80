package vault

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
)

// Pin keeps what a snapshot needs from being removed for a while: a restore may take days. It is
// void after that time; pin again, with another id, before it ends. Release removes it.
func (v *Vault) Pin(ctx context.Context, id UnitID, seq uint64, pin string, lasts time.Duration) (release func(context.Context) error, err error) {
	const op = "pin snapshot"
	if err := CheckUnit(UnitID(pin)); err != nil {
		return nil, fault.Wrap(op, err)
	}
	view, err := v.At(ctx, id, seq)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	u := view.catalog.unit
	key, err := u.Key(ctx, view.catalog.head.Version)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	until := v.now().Add(lasts)
	name := object.UnitPrefix(string(id)) + fmt.Sprintf("pin/%s-%016x", pin, until.Unix())
	raw := object.AppendHeader(nil, object.Pin, key.Version)
	raw = key.Seal(raw, frame.Place{Letter: object.Pin, Offset: object.HeaderSize}, frame.Stored(binary.AppendUvarint(nil, view.seq)))
	if err := u.create(ctx, name, raw); err != nil {
		return nil, fault.Wrap(op, err)
	}
	release = func(ctx context.Context) error { return v.backend.Delete(ctx, name) }
	// Only now: what removes snapshots either sees the pin, or has removed this one already.
	if _, err := v.At(ctx, id, view.seq); err != nil {
		return nil, fault.Wrap(op, joined(err, release(context.WithoutCancel(ctx))))
	}
	return release, nil
}

// joined is the first error; the second is said with it.
func joined(first, second error) error {
	if second == nil {
		return first
	}
	return fmt.Errorf("%w (and removing the pin: %w)", first, second)
}
