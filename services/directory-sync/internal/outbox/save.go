package outbox

import (
	"context"
	"slices"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

// Save implements run.Lease.
func (l *lease) Save(mirror *directory.Mirror, cursor run.Cursor, whole bool) error {
	before, err := Ours{l.Directory}.Cursor(l.ctx, l.connection)
	if err != nil {
		return err
	}
	ids, parts := mirror.IDs(), cursor.Parts
	if whole {
		parts = layout(cursor.Parts, len(ids))
	}
	shares := split(ids, parts)
	if err := l.saveParts(mirror, shares, dirty(mirror.Touched(), parts, parts != cursor.Parts), parts); err != nil {
		return err
	}
	if slices.ContainsFunc(shares, func(share []m365.UserID) bool { return len(share) > largest }) {
		cursor.Settled = false // so that the next sync looks at everything, and lays it out anew
	}
	cursor.Parts = parts
	data, err := encodeCursor(cursor)
	if err != nil {
		return fault.As(fault.Internal, "save cursor", err)
	}
	err = l.commit(state.Change{Key: cursorKey(l.connection), Fact: "cursor-saved", Data: data, Expect: cursor.Sequence})
	if err != nil {
		return fault.Wrap("save cursor", err)
	}
	return l.forget(before.Parts, parts)
}

func split(ids []m365.UserID, parts int) [][]m365.UserID {
	split := make([][]m365.UserID, parts)
	for _, id := range ids {
		part := partOf(id, parts)
		split[part] = append(split[part], id)
	}
	return split
}

// dirty says which parts have to be written.
func dirty(touched []m365.UserID, parts int, all bool) []bool {
	dirty := make([]bool, parts)
	for part := range dirty {
		dirty[part] = all
	}
	for _, id := range touched {
		dirty[partOf(id, parts)] = true
	}
	return dirty
}

func (l *lease) saveParts(mirror *directory.Mirror, ids [][]m365.UserID, dirty []bool, parts int) error {
	for part := range parts {
		if !dirty[part] {
			continue
		}
		data, err := encodePart(mirror, ids[part])
		if err != nil {
			return fault.As(fault.Internal, "save mirror", err)
		}
		if err := l.replace(partKey(l.connection, parts, part), data, false); err != nil {
			return fault.Wrap("save mirror", err)
		}
	}
	return nil
}

// replace writes an internal entity whatever it was: the lease says that nobody else does.
func (l *lease) replace(key state.Key, data []byte, removed bool) error {
	record, err := l.config.State.Get(l.ctx, key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return l.commit(state.Change{Key: key, Fact: "mirror-saved", Data: data, Expect: record.Sequence, Removed: removed})
}

// forget drops the parts of a layout that is not used any more.
func (l *lease) forget(before, now int) error {
	if before == now {
		return nil
	}
	for part := range before {
		if err := l.replace(partKey(l.connection, before, part), nil, true); err != nil {
			return fault.Wrap("forget old mirror", err)
		}
	}
	return nil
}

// Forget drops what was read of a tenant that is not connected any more. Its users stay: backups of
// them do.
func (d *Directory) Forget(ctx context.Context, connection m365.ConnectionID) error {
	ours := Ours{d}
	cursor, err := ours.Cursor(ctx, connection)
	if err != nil || cursor.Parts == 0 {
		return err
	}
	l, err := ours.lease(ctx, connection, run.Run{ID: "forget"})
	if err != nil {
		return err
	}
	defer l.Release()
	if err := l.forget(cursor.Parts, 0); err != nil {
		return err
	}
	err = l.replace(cursorKey(connection), nil, true)
	return fault.Wrap("forget directory", err)
}
