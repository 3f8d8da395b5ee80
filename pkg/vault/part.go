package vault

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Open streams a part of an item that this view returned. Bytes that do not check out are not
// returned: Read fails with reason [Damaged] before them. The context holds for the reading too.
func (w *View) Open(ctx context.Context, e Entry, part string) (io.ReadCloser, error) {
	const op = "open part"
	i := e.part(part)
	if i < 0 || len(e.contents) != len(e.Parts) {
		return nil, fault.New(fault.NotFound, op, fmt.Sprintf("the item has no part %q", part))
	}
	where := e.contents[i]
	switch where.form {
	case formInline:
		return io.NopCloser(bytes.NewReader(where.inline)), nil
	case formMail:
		data, err := w.mail(ctx, where)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	case formList:
		pieces, err := w.list(ctx, where)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		return &partReader{ctx: ctx, catalog: w.catalog, pieces: pieces}, nil
	default:
		return &partReader{ctx: ctx, catalog: w.catalog, pieces: where.pieces}, nil
	}
}

// Read returns a whole part: for what fits in memory.
func (w *View) Read(ctx context.Context, e Entry, part string) ([]byte, error) {
	if i := e.part(part); i >= 0 && i < len(e.contents) {
		switch where := e.contents[i]; where.form {
		case formMail:
			data, err := w.mail(ctx, where)
			return data, fault.Wrap("read part", err)
		case formWhole:
			data, err := w.catalog.payload(ctx, where.pieces[0])
			return bytes.Clone(data), fault.Wrap("read part", err)
		default: // in pieces: as a stream
		}
	}
	r, err := w.Open(ctx, e, part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// mail joins a mail from its rest and its body.
func (w *View) mail(ctx context.Context, where content) ([]byte, error) {
	rest, err := w.catalog.payload(ctx, where.pieces[0])
	if err != nil {
		return nil, err
	}
	body, err := w.catalog.payload(ctx, where.pieces[1])
	if err != nil {
		return nil, err
	}
	whole := make([]byte, 0, len(rest)+len(body))
	whole = append(append(whole, rest[:where.cut]...), body...)
	return append(whole, rest[where.cut:]...), nil
}

// list reads which chunks a part consists of.
func (w *View) list(ctx context.Context, where content) ([]piece, error) {
	raw, err := w.catalog.payload(ctx, where.pieces[0])
	if err != nil {
		return nil, err
	}
	r := wire.NewReader(raw)
	var pieces []piece
	for r.Len() > 0 {
		pieces = append(pieces, readPieces(r, 1)...)
	}
	if r.Err() != nil {
		return nil, damaged("read list of chunks", r.Err())
	}
	return pieces, nil
}

// partReader streams payloads one after the other. It keeps the context of Open, since io.Reader
// has no place for one.
type partReader struct {
	ctx     context.Context
	catalog *catalog
	pieces  []piece
	rest    []byte
	err     error
}

func (r *partReader) Read(p []byte) (int, error) {
	for r.err == nil && len(r.rest) == 0 {
		if len(r.pieces) == 0 {
			return 0, io.EOF
		}
		if r.err = r.ctx.Err(); r.err == nil {
			r.rest, r.err = r.catalog.payload(r.ctx, r.pieces[0])
			r.pieces = r.pieces[1:]
		}
	}
	if r.err != nil {
		return 0, fault.Wrap("read part", r.err)
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *partReader) Close() error {
	r.pieces, r.rest = nil, nil
	return nil
}
