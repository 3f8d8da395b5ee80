package vault

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/head"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/pack"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
)

const (
	smallPayload   = 32 << 10 // up to this size a payload shares a block with others
	blockFill      = 24 << 10 // raw bytes of a shared block, unless one payload alone is more: longer ones are cheaper to write, shorter ones to read
	dictionarySize = 64 << 10
	inlinePack     = 3 << 18 // a last pack up to this size waits for the head
)

// packer turns payloads into packs. Whoever fills a block compresses it, whoever fills a pack
// writes it; so the work is done by the callers of Put and there is no goroutine to wait for. There
// are two pack buffers: one that is filled and one that is written.
type packer struct {
	unit *unit
	key  *frame.Key

	gate sync.RWMutex // held shared while a payload is on its way, and alone by flush

	mu     sync.Mutex // of what follows
	open   openBlock
	seed   []byte // what becomes the dictionary
	dict   *frame.Dictionary
	made   []head.Dictionary // dictionaries that no head lists yet
	next   byte              // number of the next dictionary
	fresh  map[frame.ID]bool // payloads that no head lists yet
	older  map[frame.ID]bool // those of the flush before: readers may not have seen its head
	failed error

	packing sync.Mutex // of what follows
	current *pack.Builder
	packs   []object.Carrier
	rows    []blobRow
	seals   uint64
	written uint64 // bytes of packs
	seq     uint64 // of the head that packs are written for

	writing sync.Mutex // one pack at a time; of spare
	spare   *pack.Builder
}

// blobRow is a payload that was packed; its pack is an index into packer.packs.
type blobRow struct {
	id frame.ID
	at row.Location
}

// openBlock is a block that payloads are being added to.
type openBlock struct {
	raw      []byte
	ids      []frame.ID
	payloads []pack.Payload
}

func newPacker(u *unit, key *frame.Key, base *catalog) *packer {
	p := &packer{unit: u, key: key, fresh: map[frame.ID]bool{}, seq: base.head.Seq + 1, next: 1}
	for _, d := range base.head.Dictionaries {
		p.next = max(p.next, d.Number+1)
	}
	return p
}

// use makes blocks be compressed with a dictionary of an earlier session.
func (p *packer) use(d *frame.Dictionary) { p.dict = d }

// payload is one that is to be packed: the pieces, joined.
type payload struct {
	id     frame.ID
	of     pack.Payload
	pieces [][]byte
}

// small adds payloads that share a block with others, and with each other if there are several.
func (p *packer) small(ctx context.Context, list ...payload) error {
	p.gate.RLock()
	defer p.gate.RUnlock()
	full, dict, err := p.append(list)
	if err != nil || full.raw == nil {
		return err
	}
	return p.seal(ctx, full, dict)
}

// append adds to the open block, and returns the block that had to make room.
func (p *packer) append(list []payload) (full openBlock, dict *frame.Dictionary, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return full, nil, p.failed
	}
	size := 0
	for _, one := range list {
		size += one.of.Length
	}
	if len(p.open.raw) > 0 && len(p.open.raw)+size > blockFill {
		full, dict = p.take()
	}
	for _, one := range list {
		if p.claim(one.id) {
			p.open.add(one)
		}
	}
	return full, dict, nil
}

func (b *openBlock) add(one payload) {
	if b.raw == nil {
		b.raw = buffers.Get().([]byte)[:0]
	}
	for _, piece := range one.pieces {
		b.raw = append(b.raw, piece...)
	}
	b.ids, b.payloads = append(b.ids, one.id), append(b.payloads, one.of)
}

// buffers hold a block, or what became of it, if need be a little longer.
var buffers = sync.Pool{New: func() any { return make([]byte, 0, smallPayload+1<<10) }}

// claim tells whether the payload is new to this session, and says that it now is there.
func (p *packer) claim(id frame.ID) bool {
	if p.fresh[id] || p.older[id] {
		return false
	}
	p.fresh[id] = true
	return true
}

// take removes the open block. The first blocks of a unit are made without a dictionary and
// become one.
func (p *packer) take() (openBlock, *frame.Dictionary) {
	b, dict := p.open, p.dict
	p.open = openBlock{}
	if dict == nil && p.next != 0 {
		p.seed = append(p.seed, b.raw...)
	}
	return b, dict
}

// learn makes a dictionary of what the unit stored first, once that is enough.
func (p *packer) learn(ctx context.Context) error {
	p.mu.Lock()
	if p.dict != nil || len(p.seed) < dictionarySize {
		p.mu.Unlock()
		return nil
	}
	content := p.seed[:dictionarySize:dictionarySize]
	d, err := frame.NewDictionary(p.next, content)
	if err != nil {
		p.mu.Unlock()
		return err
	}
	p.dict, p.seed = d, nil
	id := p.key.Sum(content)
	p.made = append(p.made, head.Dictionary{Number: p.next, ID: id, Length: dictionarySize})
	of := pack.Payload{Length: dictionarySize, Role: pack.Dictionary, Number: uint64(p.next)}
	p.next++
	p.mu.Unlock()
	return p.place(ctx, frame.Compress(nil, content, nil), openBlock{raw: content, ids: []frame.ID{id}, payloads: []pack.Payload{of}})
}

func (p *packer) seal(ctx context.Context, b openBlock, dict *frame.Dictionary) error {
	scratch := buffers.Get().([]byte)
	packed := frame.Compress(scratch, b.raw, dict)
	if err := p.place(ctx, packed, b); err != nil {
		return err
	}
	buffers.Put(scratch)
	if cap(b.raw) <= 2*smallPayload {
		buffers.Put(b.raw)
	}
	if dict == nil {
		return p.learn(ctx)
	}
	return nil
}

// large adds a payload that has a block of its own.
func (p *packer) large(ctx context.Context, one payload) error {
	p.gate.RLock()
	defer p.gate.RUnlock()
	p.mu.Lock()
	err, claimed := p.failed, p.claim(one.id)
	p.mu.Unlock()
	if err != nil || !claimed {
		return err
	}
	data := one.pieces[0]
	if len(one.pieces) > 1 {
		data = bytes.Join(one.pieces, nil)
	}
	scratch := largeBuffers.Get().(*[]byte)
	defer largeBuffers.Put(scratch)
	packed := frame.CompressProbing(*scratch, data)
	if !packed.IsStored() && cap(packed.Data) <= keptLarge {
		*scratch = packed.Data[:0]
	}
	return p.place(ctx, packed, openBlock{ids: []frame.ID{one.id}, payloads: []pack.Payload{one.of}})
}

// largeBuffers hold what became of large payloads, those of common sizes.
var largeBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 128<<10); return &b }}

const keptLarge = 1 << 20

// place seals a block into the current pack, and writes the pack if that fills it.
func (p *packer) place(ctx context.Context, packed frame.Packed, b openBlock) error {
	p.packing.Lock()
	if p.current == nil {
		p.current = p.builder(nil)
	}
	at := row.Location{Pack: len(p.packs)}
	at.Frame, at.Length = p.current.Add(packed, b.payloads)
	p.seals++
	for i, id := range b.ids {
		at.Size = uint64(b.payloads[i].Length)
		p.rows = append(p.rows, blobRow{id, at})
		at.Start += at.Size
	}
	if p.current.Size() < pack.Full {
		p.packing.Unlock()
		return nil
	}
	p.writing.Lock() // waits for the pack before; until then nobody else packs: that is the back-pressure
	full := p.current
	p.current, p.spare = p.builder(p.spare), nil
	data := p.close(full)
	p.packing.Unlock()

	// Others' payloads are in the pack, so the end of this caller's context doesn't stop it.
	err := p.write(context.WithoutCancel(ctx), data, full.ID())
	p.spare = full
	p.writing.Unlock()
	return err
}

func (p *packer) builder(again *pack.Builder) *pack.Builder {
	if again == nil {
		again = pack.NewBuilder(p.key)
	}
	again.Reset(newID(p.seq))
	return again
}

// close finishes a pack and gives it its number.
func (p *packer) close(b *pack.Builder) []byte {
	data := b.Finish()
	p.seals++
	p.written += uint64(len(data))
	p.packs = append(p.packs, object.Carrier{ID: b.ID(), Version: p.key.Version, Length: uint64(len(data))})
	return data
}

func (p *packer) write(ctx context.Context, data []byte, id object.ID) error {
	name := object.Carrier{ID: id}.Name(string(p.unit.id), object.Pack)
	err := p.unit.create(ctx, name, data)
	if err != nil {
		p.mu.Lock()
		p.failed = err // rows speak of payloads that are nowhere: the session is lost
		p.mu.Unlock()
	}
	return err
}

// dirty tells whether there are payloads that no head lists.
func (p *packer) dirty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.fresh) > 0
}

func (p *packer) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

func newID(seq uint64) object.ID {
	var b [8]byte
	rand.Read(b[:])
	return object.ID{Seq: seq, Random: binary.LittleEndian.Uint64(b[:])}
}

// flushed is everything that was packed since the flush before.
type flushed struct {
	packs        []object.Carrier
	rows         []blobRow
	dictionaries []head.Dictionary
	tail         []byte // the last pack, if it is small: to be inlined where its carrier says
	seals        uint64
	written      uint64
}

// flush packs and writes what is on its way, for the head seq. What comes after belongs to the
// head after that.
func (p *packer) flush(ctx context.Context, seq uint64) (flushed, error) {
	p.gate.Lock()
	defer p.gate.Unlock()
	p.mu.Lock()
	b, dict := p.take()
	p.mu.Unlock()
	if len(b.raw) > 0 {
		if err := p.seal(ctx, b, dict); err != nil {
			return flushed{}, err
		}
	}
	if err := p.err(); err != nil {
		return flushed{}, err
	}
	var out flushed
	if p.current != nil && !p.current.Empty() {
		id := p.current.ID()
		data := p.close(p.current)
		if len(data) <= inlinePack {
			last := &p.packs[len(p.packs)-1]
			last.Head, last.Offset = seq, object.HeaderSize
			out.tail = append([]byte(nil), data...)
		} else if err := p.write(ctx, data, id); err != nil {
			return flushed{}, err
		}
	}
	out.packs, out.rows, out.dictionaries, out.seals, out.written = p.packs, p.rows, p.made, p.seals, p.written
	p.packs, p.rows, p.made, p.seals, p.written = nil, nil, nil, 0, 0
	p.fresh, p.older = map[frame.ID]bool{}, p.fresh
	p.seq = seq + 1
	if p.current != nil {
		p.current.Reset(newID(p.seq))
	}
	return out, nil
}
