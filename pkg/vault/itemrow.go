package vault

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"time"

	"encoding/binary"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Limits that keep a row well under the size of a block of rows.
const (
	maxKey        = 4096
	maxAttributes = 64 << 10
	maxMeta       = 256 << 10
)

// itemValue is the value of an item's row: equal values mean an unchanged item.
func itemValue(meta *Meta, parts []PartInfo, contents []content) []byte {
	v := make([]byte, 0, 256)
	v = append(v, row.Present, byte(meta.Kind))
	v = wire.AppendBytes(wire.AppendBytes(v, meta.Name), meta.Parent)
	v = wire.AppendTime(binary.AppendVarint(v, meta.Size), meta.Modified)
	v = binary.AppendUvarint(v, uint64(len(meta.Columns)))
	for _, name := range slices.Sorted(maps.Keys(meta.Columns)) {
		v = wire.AppendBytes(wire.AppendBytes(v, name), meta.Columns[name])
	}
	v = wire.AppendBytes(v, meta.Attributes)
	v = binary.AppendUvarint(v, uint64(len(parts)))
	for i, part := range parts {
		v = binary.AppendUvarint(wire.AppendBytes(v, part.Name), uint64(part.Size))
		v = contents[i].append(v)
	}
	return v
}

// itemKind is the kind in an item's value.
func itemKind(value []byte) Kind { return Kind(value[1]) }

func parseEntry(r segment.Row) (Entry, error) {
	e := Entry{Seq: r.Seq}
	class, container, id, err := row.ParseKey(r.Key)
	if err != nil || class != row.Item {
		return e, fmt.Errorf("item key: %w", wire.ErrMalformed)
	}
	e.Ref = Ref{container, id}
	body, err := row.Body(r.Value)
	if err != nil {
		return e, err
	}
	e.Kind, e.Name, e.Parent, e.Size, e.Modified = Kind(body.Byte()), body.Text(), body.Text(), body.Varint(), body.Time()
	if n := body.Length(2); n > 0 {
		e.Columns = make(map[string]string, n)
		for range n {
			name := body.Text()
			e.Columns[name] = body.Text()
		}
	}
	if attributes := body.Bytes(); len(attributes) > 0 {
		e.Attributes = bytes.Clone(attributes)
	}
	for range body.Length(3) {
		part := PartInfo{Name: body.Text(), Size: int64(body.Uvarint())}
		where, err := readContent(body, part.Size)
		if err != nil {
			return e, err
		}
		e.Parts, e.contents = append(e.Parts, part), append(e.contents, where)
	}
	if err := body.Err(); err != nil {
		return e, fmt.Errorf("item row: %w", err)
	}
	return e, nil
}

func failureValue(f Failure) []byte {
	v := wire.AppendBytes(wire.AppendBytes([]byte{row.Present}, f.Kind), f.Reason)
	return wire.AppendTime(binary.AppendUvarint(v, uint64(f.Attempts)), f.Since)
}

func parseFailure(r segment.Row) (Failure, error) {
	_, container, id, err := row.ParseKey(r.Key)
	if err != nil {
		return Failure{}, err
	}
	body, err := row.Body(r.Value)
	if err != nil {
		return Failure{}, err
	}
	f := Failure{Ref: Ref{container, id}, Kind: body.Text(), Reason: body.Text(), Attempts: int(body.Uvarint()), Since: body.Time()}
	return f, body.Err()
}

func checkItem(item *Item) error {
	if err := checkRef(item.Ref); err != nil {
		return err
	}
	size := len(item.Name) + len(item.Parent)
	for name, value := range item.Columns {
		size += len(name) + len(value)
	}
	if len(item.Attributes) > maxAttributes || size > maxMeta {
		return fault.New(fault.Invalid, "put item", fmt.Sprintf("attributes of %d bytes and columns of %d", len(item.Attributes), size),
			fault.Next("keep what is large in a part"))
	}
	if len(item.Parts) < 2 {
		return nil
	}
	seen := make(map[string]bool, len(item.Parts))
	for _, part := range item.Parts {
		if seen[part.Name] {
			return fault.New(fault.Invalid, "put item", fmt.Sprintf("two parts are called %q", part.Name))
		}
		seen[part.Name] = true
	}
	return nil
}

func checkRef(ref Ref) error {
	if ref.ID == "" || len(ref.ID)+len(ref.Container) > maxKey {
		return fault.New(fault.Invalid, "name item", fmt.Sprintf("container id of %d bytes, item id of %d", len(ref.Container), len(ref.ID)))
	}
	return nil
}

// stored is a time as it comes back: milliseconds, UTC.
func stored(t time.Time) time.Time { return t.Truncate(time.Millisecond).UTC() }
