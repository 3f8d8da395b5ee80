// Package pack builds packs: sealed blocks of payloads, and a footer that says whose they are.
package pack

import (
	"encoding/binary"
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Full is the size at which a pack is closed. Object stores like objects of this size; smaller
// ones cost requests, larger ones memory, of which a job has two.
const Full = 16 << 20

// Role is what a payload is to its part; the numbers stand in footers.
type Role byte

// The roles.
const (
	Whole Role = iota
	MailRest
	MailBody
	Chunk
	ChunkList
	Dictionary
)

// Owner is whose payload it is.
type Owner struct{ Container, ID, Part string }

// Payload is what the footer says of a payload.
type Payload struct {
	Length int
	Owner  *Owner // nil for what belongs to no item
	Role   Role
	Number uint64
}

// Builder builds one pack. Its memory is used again after Reset.
type Builder struct {
	key        *frame.Key
	id         object.ID
	out        []byte
	containers table
	parts      table
	owners     map[[2]string]int
	ownerBytes []byte
	last       lastOwner
	blocks     int
	blockBytes []byte
}

// NewBuilder makes room for one pack.
func NewBuilder(key *frame.Key) *Builder {
	return &Builder{key: key, out: make([]byte, 0, 1<<20)}
}

// Reset begins another pack.
func (b *Builder) Reset(id object.ID) {
	*b = Builder{
		key: b.key, id: id, out: object.AppendHeader(b.out[:0], object.Pack, b.key.Version),
		containers: newTable(), parts: newTable(), owners: map[[2]string]int{},
		ownerBytes: b.ownerBytes[:0], blockBytes: b.blockBytes[:0],
	}
}

// ID is the identity of the pack that is being built.
func (b *Builder) ID() object.ID { return b.id }

// Size is how long the pack is so far.
func (b *Builder) Size() int { return len(b.out) }

// Empty tells whether nothing was added.
func (b *Builder) Empty() bool { return b.blocks == 0 }

// Add seals a block and returns where its frame is.
func (b *Builder) Add(data frame.Packed, payloads []Payload) (offset, length uint64) {
	offset = uint64(len(b.out))
	if need := len(b.out) + len(data.Data) + frame.Overhead; need > cap(b.out) {
		b.out = append(make([]byte, 0, max(need, Full+Full/4)), b.out...) // it will get there: doubling would copy it all again
	}
	b.out = b.key.Seal(b.out, frame.Place{Letter: object.Pack, Object: b.id, Offset: offset}, data)
	length = uint64(len(b.out)) - offset
	b.blocks++
	b.blockBytes = wire.AppendUvarints(b.blockBytes, length, uint64(len(payloads)))
	for _, p := range payloads {
		owner, part := b.owner(p.Owner)
		b.blockBytes = wire.AppendUvarints(b.blockBytes, uint64(p.Length), owner, part)
		b.blockBytes = binary.AppendUvarint(append(b.blockBytes, byte(p.Role)), p.Number)
	}
	return offset, length
}

func (b *Builder) owner(o *Owner) (owner, part uint64) {
	if o == nil {
		return 0, 0
	}
	if b.last.is == o {
		return b.last.owner, b.last.part
	}
	key := [2]string{o.Container, o.ID}
	i, ok := b.owners[key]
	if !ok {
		i = len(b.owners)
		b.owners[key] = i
		b.ownerBytes = wire.AppendUvarints(b.ownerBytes, b.containers.index(o.Container))
		b.ownerBytes = wire.AppendBytes(b.ownerBytes, o.ID)
	}
	b.last = lastOwner{o, uint64(i) + 1, b.parts.index(o.Part)}
	return b.last.owner, b.last.part
}

// lastOwner is whose the payload before was: a mail has two of them.
type lastOwner struct {
	is          *Owner
	owner, part uint64
}

// Finish returns the pack's bytes, valid until Reset.
func (b *Builder) Finish() []byte {
	footer := b.parts.append(b.containers.append(nil))
	footer = append(binary.AppendUvarint(footer, uint64(len(b.owners))), b.ownerBytes...)
	footer = append(binary.AppendUvarint(footer, uint64(b.blocks)), b.blockBytes...)
	at := len(b.out)
	place := frame.Place{Letter: object.Pack, Object: b.id, Offset: uint64(at)}
	b.out = b.key.Seal(b.out, place, frame.Compress(nil, footer, nil))
	b.out = binary.LittleEndian.AppendUint32(b.out, uint32(len(b.out)-at))
	return b.out
}

// table numbers texts in the order of their first use.
type table struct {
	numbers map[string]uint64
	texts   []string
}

func newTable() table { return table{numbers: map[string]uint64{}} }

func (t *table) index(text string) uint64 {
	i, ok := t.numbers[text]
	if !ok {
		i = uint64(len(t.texts))
		t.numbers[text], t.texts = i, append(t.texts, text)
	}
	return i
}

func (t *table) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.texts)))
	for _, text := range t.texts {
		dst = wire.AppendBytes(dst, text)
	}
	return dst
}

// Block is a block as the footer describes it.
type Block struct {
	Offset, Length uint64
	Payloads       []Payload
}

// ParseFooter reads the plaintext of a footer.
func ParseFooter(raw []byte) ([]Block, error) {
	r := wire.NewReader(raw)
	containers, parts := readTable(r), readTable(r)
	owners := make([]Owner, 0, 64)
	for range r.Length(2) {
		c, id := r.Uvarint(), r.Text()
		if c >= uint64(len(containers)) {
			return nil, fmt.Errorf("pack footer: %w", wire.ErrMalformed)
		}
		owners = append(owners, Owner{Container: containers[c], ID: id})
	}
	var blocks []Block
	offset := uint64(object.HeaderSize)
	for range r.Length(2) {
		block := Block{Offset: offset, Length: r.Uvarint()}
		for range r.Length(5) {
			p := Payload{Length: int(r.Uvarint())}
			owner, part := r.Uvarint(), r.Uvarint()
			p.Role, p.Number = Role(r.Byte()), r.Uvarint()
			if owner > uint64(len(owners)) || owner > 0 && part >= uint64(len(parts)) {
				return nil, fmt.Errorf("pack footer: %w", wire.ErrMalformed)
			}
			if owner > 0 {
				o := owners[owner-1]
				o.Part = parts[part]
				p.Owner = &o
			}
			block.Payloads = append(block.Payloads, p)
		}
		offset += block.Length
		blocks = append(blocks, block)
	}
	if r.Err() != nil {
		return nil, fmt.Errorf("pack footer: %w", r.Err())
	}
	return blocks, nil
}

func readTable(r *wire.Reader) []string {
	var texts []string
	for range r.Length(1) {
		texts = append(texts, r.Text())
	}
	return texts
}
