// Package head encodes heads: the objects whose creation commits a state of a unit.
package head

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/zeebo/blake3"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Kind is what a head is for.
type Kind byte

// The kinds of heads.
const (
	Snapshot   Kind = 1
	Checkpoint Kind = 2
	Compaction Kind = 3
	Expiry     Kind = 4
)

// Hash is the BLAKE3 of a whole head.
type Hash [32]byte

// HashOf hashes a head's bytes.
func HashOf(raw []byte) Hash { return Hash(blake3.Sum256(raw)) }

// MaxInlined is how much may be inlined in a head.
const MaxInlined = 1 << 20

// Head is the body of a head.
type Head struct {
	Version      uint32 // of the key that sealed it, from the header
	Seq          uint64
	Parent       Hash
	Kind         Kind
	Run          string
	Time         time.Time
	Resource     []byte
	Inlined      uint64 // length of the inlined objects
	Segments     []segment.Ref
	Dictionaries []Dictionary
	Self         Record
	Snapshots    []Record // oldest first
	Dead         []Dead
	Seals        uint64
}

// Dictionary is one of the unit's dictionaries: a payload.
type Dictionary struct {
	Number byte
	Sort   byte // 0; others are for later
	ID     frame.ID
	Length uint64
}

// Dead is an object that no head needs any more.
type Dead struct {
	object.Carrier
	Letter byte
	Seq    uint64
	Time   time.Time
}

func (h *Head) body() []byte {
	b := binary.AppendUvarint(nil, h.Seq)
	b = append(append(b, h.Parent[:]...), byte(h.Kind))
	b = wire.AppendTime(wire.AppendBytes(b, h.Run), h.Time)
	b = wire.AppendBytes(b, h.Resource)
	b = wire.AppendUvarints(b, h.Inlined, uint64(len(h.Segments)))
	for _, s := range h.Segments {
		b = s.Append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(h.Dictionaries)))
	for _, d := range h.Dictionaries {
		b = append(append(b, d.Number, d.Sort), d.ID[:]...)
		b = binary.AppendUvarint(b, d.Length)
	}
	b = h.Self.Append(b)
	b = binary.AppendUvarint(b, uint64(len(h.Snapshots)))
	for _, s := range h.Snapshots {
		b = s.Append(b)
	}
	b = binary.AppendUvarint(b, uint64(len(h.Dead)))
	for _, d := range h.Dead {
		b = wire.AppendTime(binary.AppendUvarint(append(d.Carrier.Append(b), d.Letter), d.Seq), d.Time)
	}
	return binary.AppendUvarint(b, h.Seals)
}

// Encode returns the head as an object. The inlined objects begin at HeaderSize, as their
// carriers say.
func (h *Head) Encode(key *frame.Key, inlined []byte) []byte {
	h.Inlined = uint64(len(inlined))
	out := append(object.AppendHeader(nil, object.Head, key.Version), inlined...)
	at := len(out)
	out = key.Seal(out, place(h.Seq, at), frame.Compress(nil, h.body(), nil))
	return binary.LittleEndian.AppendUint32(out, uint32(len(out)-at))
}

func place(seq uint64, at int) frame.Place {
	return frame.Place{Letter: object.Head, Object: object.ID{Seq: seq}, Offset: uint64(at)}
}

// Decode is the inverse of Encode for the head of that seq. It decrypts in place.
func Decode(raw []byte, seq uint64, keyOf func(version uint32) (*frame.Key, error)) (*Head, error) {
	version, err := object.ParseHeader(raw, object.Head)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(version)
	if err != nil {
		return nil, err
	}
	end := len(raw) - 4
	if end < object.HeaderSize {
		return nil, wire.ErrMalformed
	}
	at := end - int(binary.LittleEndian.Uint32(raw[end:]))
	if at < object.HeaderSize {
		return nil, wire.ErrMalformed
	}
	packed, err := key.Open(place(seq, at), raw[at:end])
	if err != nil {
		return nil, err
	}
	body, err := packed.Expand(frame.NoDictionary)
	if err != nil {
		return nil, err
	}
	h, err := parse(body)
	if err == nil {
		h.Version = version
	}
	if err == nil && (h.Seq != seq || h.Inlined != uint64(at-object.HeaderSize)) {
		err = fmt.Errorf("head says seq %d and %d bytes inlined: %w", h.Seq, h.Inlined, wire.ErrMalformed)
	}
	return h, err
}

func parse(body []byte) (*Head, error) {
	r := wire.NewReader(body)
	h := &Head{Seq: r.Uvarint(), Parent: Hash(r.Take(32)), Kind: Kind(r.Byte()), Run: r.Text(), Time: r.Time(),
		Resource: bytes.Clone(r.Bytes()), Inlined: r.Uvarint()}
	for range r.Length(object.CarrierSize) {
		h.Segments = append(h.Segments, segment.ReadRef(r))
	}
	for range r.Length(19) {
		h.Dictionaries = append(h.Dictionaries, Dictionary{r.Byte(), r.Byte(), frame.ID(r.Take(16)), r.Uvarint()})
	}
	h.Self = ReadRecord(r)
	for range r.Length(recordSize) {
		h.Snapshots = append(h.Snapshots, ReadRecord(r))
	}
	for range r.Length(object.CarrierSize) {
		h.Dead = append(h.Dead, Dead{object.ReadCarrier(r), r.Byte(), r.Uvarint(), r.Time()})
	}
	h.Seals = r.Uvarint()
	if r.Err() != nil {
		return nil, fmt.Errorf("head: %w", r.Err())
	}
	return h, nil
}
