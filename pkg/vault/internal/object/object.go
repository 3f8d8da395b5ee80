// Package object names the objects of a vault and says where one lies: on its own, or inlined in
// a head.
package object

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Letters of the objects' headers.
const (
	Head    = 'H'
	Pack    = 'P'
	Segment = 'S'
	Pin     = 'N'
	Key     = 'K'
)

// Format is the version of the format that this code writes and reads.
const Format = 1

// HeaderSize is the length of the header that every object of a unit begins with.
const HeaderSize = 12

// AppendHeader appends the header of an object.
func AppendHeader(dst []byte, letter byte, version uint32) []byte {
	dst = append(dst, 'T', 'K', 'V', letter, Format, 0, 0, 0)
	return binary.LittleEndian.AppendUint32(dst, version)
}

// ParseHeader returns the key version that a header names.
func ParseHeader(b []byte, letter byte) (version uint32, err error) {
	if len(b) < HeaderSize || string(b[:3]) != "TKV" || b[3] != letter {
		return 0, fmt.Errorf("header of %q: %w", letter, wire.ErrMalformed)
	}
	if b[4] != Format || b[5]|b[6]|b[7] != 0 {
		return 0, fmt.Errorf("format version %d; this program reads version %d", b[4], Format)
	}
	return binary.LittleEndian.Uint32(b[8:]), nil
}

// ID is the identity of a pack or segment: the seq of the head it was written for, and chance.
type ID struct{ Seq, Random uint64 }

const maxSeq = 1<<63 - 1

// HeadName is the name of a unit's head.
func HeadName(unit string, seq uint64) string {
	return HeadPrefix(unit) + fmt.Sprintf("%016x", maxSeq-seq)
}

// HeadPrefix is what the names of a unit's heads begin with.
func HeadPrefix(unit string) string { return UnitPrefix(unit) + "head/" }

// UnitsPrefix is what the names of all units' objects begin with.
const UnitsPrefix = "unit/"

// UnitPrefix is what the names of a unit's objects begin with.
func UnitPrefix(unit string) string { return UnitsPrefix + unit + "/" }

// HeadSeq is the seq that a head's name stands for.
func HeadSeq(unit, name string) (uint64, error) {
	digits, ok := strings.CutPrefix(name, HeadPrefix(unit))
	n, err := strconv.ParseUint(digits, 16, 64)
	if !ok || err != nil || n > maxSeq || len(digits) != 16 {
		return 0, fmt.Errorf("object %s is no head: %w", name, wire.ErrMalformed)
	}
	return maxSeq - n, nil
}

// Carrier says where a pack or segment is and which key sealed it.
type Carrier struct {
	ID      ID
	Version uint32 // of the key
	Length  uint64
	Head    uint64 // seq of the head that it is inlined in; 0: it is an object of its own
	Offset  uint64 // where it begins in that head's object
}

// Name is the name of the object that holds the carried one.
func (c Carrier) Name(unit string, letter byte) string {
	if c.Head != 0 {
		return HeadName(unit, c.Head)
	}
	folder := map[byte]string{Pack: "pack", Segment: "seg"}[letter]
	return UnitPrefix(unit) + fmt.Sprintf("%s/%016x-%016x", folder, c.ID.Seq, c.ID.Random)
}

// Append appends the carrier as docs/formats.md says.
func (c Carrier) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, c.ID.Seq)
	dst = binary.LittleEndian.AppendUint64(dst, c.ID.Random)
	dst = binary.LittleEndian.AppendUint32(dst, c.Version)
	dst = wire.AppendUvarints(dst, c.Length, c.Head)
	if c.Head != 0 {
		dst = binary.AppendUvarint(dst, c.Offset)
	}
	return dst
}

// ReadCarrier is the inverse of Append.
func ReadCarrier(r *wire.Reader) Carrier {
	c := Carrier{ID: ID{Seq: r.Uvarint(), Random: r.Uint64()}, Version: r.Uint32(), Length: r.Uvarint(), Head: r.Uvarint()}
	if c.Head != 0 {
		c.Offset = r.Uvarint()
	}
	return c
}

// CarrierSize is the least length of an appended carrier.
const CarrierSize = 15
