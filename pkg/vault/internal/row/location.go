package row

import (
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Location is where a payload is. The pack is a number in the segment's list of packs.
type Location struct {
	Pack          int
	Frame, Length uint64 // the block's frame in the pack
	Start, Size   uint64 // the payload in the block
}

// Append appends the location as the value of a row.
func (l Location) Append(dst []byte) []byte {
	return wire.AppendUvarints(append(dst, Present), uint64(l.Pack), l.Frame, l.Length, l.Start, l.Size)
}

// ParseLocation is the inverse of Append.
func ParseLocation(value []byte) (Location, error) {
	r, err := Body(value)
	if err != nil {
		return Location{}, err
	}
	pack := r.Uvarint()
	l := Location{Frame: r.Uvarint(), Length: r.Uvarint(), Start: r.Uvarint(), Size: r.Uvarint()}
	if r.Err() != nil || pack > 1<<31 {
		return Location{}, fmt.Errorf("location: %w", wire.ErrMalformed)
	}
	l.Pack = int(pack)
	return l, nil
}
