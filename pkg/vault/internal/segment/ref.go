package segment

import (
	"bytes"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Table is which sort of rows a segment holds.
type Table byte

// The tables.
const (
	Items Table = 1
	Blobs Table = 2
)

// Row is one version of a fact.
type Row struct {
	Key, Value []byte
	Seq        uint64
}

// Less is the order of rows.
func (r Row) Less(other Row) bool {
	if c := bytes.Compare(r.Key, other.Key); c != 0 {
		return c < 0
	}
	return r.Seq > other.Seq
}

// Ref is how a head lists a segment.
type Ref struct {
	object.Carrier
	Table          Table
	Rows           uint64
	Footer         uint64 // length of the footer frame
	MinSeq, MaxSeq uint64
	MinKey, MaxKey []byte // cut to maxBound bytes
}

const maxBound = 48

func bound(key []byte) []byte { return bytes.Clone(key[:min(len(key), maxBound)]) }

// Append appends the reference as docs/formats.md says.
func (r Ref) Append(dst []byte) []byte {
	dst = append(r.Carrier.Append(dst), byte(r.Table))
	dst = wire.AppendUvarints(dst, r.Rows, r.Footer, r.MinSeq, r.MaxSeq)
	return wire.AppendBytes(wire.AppendBytes(dst, r.MinKey), r.MaxKey)
}

// ReadRef is the inverse of Append.
func ReadRef(r *wire.Reader) Ref {
	return Ref{
		Carrier: object.ReadCarrier(r), Table: Table(r.Byte()), Rows: r.Uvarint(), Footer: r.Uvarint(),
		MinSeq: r.Uvarint(), MaxSeq: r.Uvarint(), MinKey: bytes.Clone(r.Bytes()), MaxKey: bytes.Clone(r.Bytes()),
	}
}

// MayHold tells whether key is between the bounds.
func (r Ref) MayHold(key []byte) bool { return r.overlaps(key, key) }

// Overlaps tells whether a key from first up to, but not including, end may be in the segment;
// no end means all that follow.
func (r Ref) Overlaps(first, end []byte) bool {
	if !r.overlaps(first, nil) {
		return false
	}
	return end == nil || bytes.Compare(r.MinKey, end) < 0
}

func (r Ref) overlaps(first, last []byte) bool {
	if last != nil && bytes.Compare(last, r.MinKey) < 0 {
		return false
	}
	if len(r.MaxKey) == maxBound && bytes.HasPrefix(first, r.MaxKey) {
		return true
	}
	return bytes.Compare(first, r.MaxKey) <= 0
}
