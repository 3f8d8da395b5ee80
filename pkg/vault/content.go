package vault

import (
	"encoding/binary"
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// form is how a part is kept; the numbers stand in rows.
type form byte

const (
	formInline form = 0 // in the row
	formWhole  form = 1 // one payload
	formMail   form = 2 // two: everything but the body, and the body
	formChunks form = 3 // up to maxChunks payloads
	formList   form = 4 // a payload that lists the chunks
)

const (
	maxInline = 64 // bytes of a part that is kept in the row
	maxChunks = 64 // chunks that are listed in the row
)

// content is where a part's bytes are.
type content struct {
	form   form
	inline []byte
	pieces []piece
	cut    uint64 // formMail: where the body was cut out of the rest
}

// piece is one payload.
type piece struct {
	id     frame.ID
	length uint64
}

func (c content) append(dst []byte) []byte {
	dst = append(dst, byte(c.form))
	switch c.form {
	case formInline:
		return append(dst, c.inline...)
	case formWhole:
		return append(dst, c.pieces[0].id[:]...)
	case formMail:
		dst = binary.AppendUvarint(dst, c.cut)
		dst = append(append(dst, c.pieces[0].id[:]...), c.pieces[1].id[:]...)
		return binary.AppendUvarint(dst, c.pieces[0].length)
	case formChunks:
		dst = binary.AppendUvarint(dst, uint64(len(c.pieces)))
		return appendPieces(dst, c.pieces)
	default:
		return appendPieces(dst, c.pieces)
	}
}

func readContent(r *wire.Reader, size int64) (content, error) {
	c := content{form: form(r.Byte())}
	switch c.form {
	case formInline:
		c.inline = r.Take(int(size))
	case formWhole:
		c.pieces = []piece{{frame.ID(r.Take(16)), uint64(size)}}
	case formMail:
		c.cut = r.Uvarint()
		rest, body, length := frame.ID(r.Take(16)), frame.ID(r.Take(16)), r.Uvarint()
		c.pieces = []piece{{rest, length}, {body, uint64(size) - length}}
		if length > uint64(size) || c.cut > length {
			return c, fmt.Errorf("mail part: %w", wire.ErrMalformed)
		}
	case formChunks:
		c.pieces = readPieces(r, r.Length(17))
	case formList:
		c.pieces = readPieces(r, 1)
	default:
		return c, fmt.Errorf("part of form %d: %w", c.form, wire.ErrMalformed)
	}
	return c, nil
}

func appendPieces(dst []byte, pieces []piece) []byte {
	for _, p := range pieces {
		dst = binary.AppendUvarint(append(dst, p.id[:]...), p.length)
	}
	return dst
}

func readPieces(r *wire.Reader, n int) []piece {
	pieces := make([]piece, n)
	for i := range pieces {
		pieces[i] = piece{frame.ID(r.Take(16)), r.Uvarint()}
	}
	return pieces
}
