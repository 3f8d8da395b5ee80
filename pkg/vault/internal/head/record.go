package head

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Record is one row of the table of snapshots.
type Record struct {
	Seq      uint64
	Time     time.Time
	Kind     Kind
	Partial  bool
	Hash     Hash // zero in the record that a head has of itself
	Run      string
	Note     string
	Counts   Counts
	Previous uint64 // seq of the snapshot before; 0 for the first
}

// Counts are the numbers of a snapshot, in the order of the format.
type Counts struct {
	Items, Folders, Added, Changed, Deleted, Failed, BytesRead, BytesStored uint64
}

const (
	flagPartial = 1
	recordSize  = 46
)

// Append appends the record as docs/formats.md says.
func (s Record) Append(dst []byte) []byte {
	flags := byte(0)
	if s.Partial {
		flags = flagPartial
	}
	dst = wire.AppendTime(wire.AppendUvarints(dst, s.Seq), s.Time)
	dst = append(append(dst, byte(s.Kind), flags), s.Hash[:]...)
	dst = wire.AppendBytes(wire.AppendBytes(dst, s.Run), s.Note)
	c := s.Counts
	return wire.AppendUvarints(dst, c.Items, c.Folders, c.Added, c.Changed, c.Deleted, c.Failed, c.BytesRead, c.BytesStored, s.Previous)
}

// ReadRecord is the inverse of Append.
func ReadRecord(r *wire.Reader) Record {
	s := Record{Seq: r.Uvarint(), Time: r.Time(), Kind: Kind(r.Byte())}
	s.Partial = r.Byte()&flagPartial != 0
	s.Hash, s.Run, s.Note = Hash(r.Take(32)), r.Text(), r.Text()
	s.Counts = Counts{r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()}
	s.Previous = r.Uvarint()
	return s
}
