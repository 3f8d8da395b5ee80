package vault

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/gear"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/pack"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// Sizes at which a part is kept differently; docs/formats.md has the reasons.
const (
	largePart = 1 << 20 // above, it is cut by content
	splitPart = 4 << 10 // above, a mail's body is kept apart
	splitBody = 1 << 10 // unless it is smaller than this
)

// store keeps a part's bytes and says where they are.
func (s *Session) store(ctx context.Context, owner *pack.Owner, part Part) (int64, content, error) {
	switch {
	case part.Reuse != nil:
		return s.reuse(ctx, *part.Reuse, part.Name)
	case part.Body == nil:
		where, err := s.storeBytes(ctx, owner, part.Data)
		return int64(len(part.Data)), where, err
	}
	first, err := io.ReadAll(io.LimitReader(part.Body, largePart+1))
	if err != nil {
		return 0, content{}, readFault(err)
	}
	var where content
	size := int64(len(first))
	if size <= largePart {
		where, err = s.storeBytes(ctx, owner, first)
	} else {
		size, where, err = s.storeChunks(ctx, owner, io.MultiReader(bytes.NewReader(first), part.Body))
	}
	if err == nil && part.Size > 0 && size != part.Size {
		err = fault.New(fault.Transient, "read part", fmt.Sprintf("stream of %d bytes, announced were %d", size, part.Size))
	}
	return size, where, err
}

// readFault classifies what a caller's stream returned: unless it says otherwise, it may work the
// next time.
func readFault(err error) error {
	if fault.KindOf(err) == fault.Internal {
		return fault.As(fault.Transient, "read part", err)
	}
	return fault.Wrap("read part", err)
}

func (s *Session) storeBytes(ctx context.Context, owner *pack.Owner, data []byte) (content, error) {
	if len(data) <= maxInline {
		return content{form: formInline, inline: data}, nil
	}
	if len(data) > largePart {
		_, where, err := s.storeChunks(ctx, owner, bytes.NewReader(data))
		return where, err
	}
	if len(data) > splitPart {
		if from, to := mailBody(data); to-from >= splitBody {
			return s.storeMail(ctx, owner, data, from, to)
		}
	}
	p, err := s.add(ctx, owner, pack.Whole, 0, data)
	return content{form: formWhole, pieces: []piece{p}}, err
}

// storeMail keeps a mail as its body and the rest. While both are new they share a block, so that
// reading the mail opens one.
func (s *Session) storeMail(ctx context.Context, owner *pack.Owner, data []byte, from, to int) (content, error) {
	rest := s.payload(owner, pack.MailRest, uint64(from), data[:from], data[to:])
	body := s.payload(owner, pack.MailBody, 0, data[from:to])
	err := s.keep(ctx, rest, body)
	return content{form: formMail, cut: uint64(from), pieces: []piece{rest.piece(), body.piece()}}, err
}

// mailBody finds the raw text of a message's body in its JSON. A quote inside a JSON string is
// escaped, so what is looked for cannot be part of one.
func mailBody(data []byte) (from, to int) {
	object := bytes.Index(data, []byte(`"body":{`))
	if object < 0 {
		return 0, 0
	}
	const name = `"content":"`
	i := bytes.Index(data[object:min(len(data), object+256)], []byte(name))
	if i < 0 {
		return 0, 0
	}
	from = object + i + len(name)
	for to = from; ; to++ {
		quote := bytes.IndexByte(data[to:], '"')
		if quote < 0 {
			return 0, 0
		}
		to += quote
		slashes := to
		for slashes > from && data[slashes-1] == '\\' {
			slashes--
		}
		if (to-slashes)%2 == 0 {
			return from, to
		}
	}
}

var windows = sync.Pool{New: func() any { w := make([]byte, gear.Max); return &w }}

// storeChunks cuts a stream by content, in the memory of one window.
func (s *Session) storeChunks(ctx context.Context, owner *pack.Owner, body io.Reader) (int64, content, error) {
	window := windows.Get().(*[]byte)
	defer windows.Put(window)
	var pieces []piece
	var total int64
	held := 0
	for {
		n, err := fill(body, (*window)[held:])
		if err != nil {
			return total, content{}, readFault(err)
		}
		if held += n; held == 0 {
			break
		}
		cut := s.cutter.Cut((*window)[:held])
		p, err := s.add(ctx, owner, pack.Chunk, uint64(len(pieces)), (*window)[:cut])
		if err != nil {
			return total, content{}, err
		}
		pieces, total = append(pieces, p), total+int64(cut)
		held = copy(*window, (*window)[cut:held])
		if err := s.tick(ctx); err != nil {
			return total, content{}, err
		}
	}
	if len(pieces) <= maxChunks {
		return total, content{form: formChunks, pieces: pieces}, nil
	}
	list, err := s.add(ctx, owner, pack.ChunkList, 0, appendPieces(nil, pieces))
	return total, content{form: formList, pieces: []piece{list}}, err
}

// fill reads until buf is full or the stream ends. Unlike io.ReadFull it does not take a reader's
// own io.ErrUnexpectedEOF, which is how a connection that broke shows, for the end.
func fill(body io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = body.Read(buf[n:])
		n += got
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// add stores a payload unless the unit has it.
func (s *Session) add(ctx context.Context, owner *pack.Owner, role pack.Role, number uint64, data []byte) (piece, error) {
	one := s.payload(owner, role, number, data)
	return one.piece(), s.keep(ctx, one)
}

func (s *Session) payload(owner *pack.Owner, role pack.Role, number uint64, pieces ...[]byte) payload {
	length := 0
	for _, data := range pieces {
		length += len(data)
	}
	return payload{s.key.Sum(pieces...), pack.Payload{Length: length, Owner: owner, Role: role, Number: number}, pieces}
}

func (p payload) piece() piece { return piece{p.id, uint64(p.of.Length)} }

// keep packs those payloads that the unit has not.
func (s *Session) keep(ctx context.Context, list ...payload) error {
	s.mu.Lock()
	base := s.base
	s.mu.Unlock()
	small := list[:0:len(list)]
	for _, one := range list {
		there, err := base.holds(ctx, one.id)
		if err == nil && !there && one.of.Length > smallPayload {
			err = s.packer.large(ctx, one)
		} else if !there {
			small = append(small, one)
		}
		if err != nil {
			return err
		}
	}
	if len(small) == 0 {
		return nil
	}
	return s.packer.small(ctx, small...)
}

// reuse is where a part of another item, or of an earlier version, is already.
func (s *Session) reuse(ctx context.Context, ref Ref, part string) (int64, content, error) {
	r, ok, err := s.current(ctx, itemKey(ref))
	if err != nil {
		return 0, content{}, err
	}
	if ok && live(r.Value) {
		e, err := parseEntry(segment.Row{Key: itemKey(ref), Value: r.Value})
		if err != nil {
			return 0, content{}, damaged("reuse part", err)
		}
		if i := e.part(part); i >= 0 {
			return e.Parts[i].Size, e.contents[i], nil
		}
	}
	return 0, content{}, fault.New(fault.NotFound, "reuse part", "there is no such part", fault.Next("put the part with its content"))
}
