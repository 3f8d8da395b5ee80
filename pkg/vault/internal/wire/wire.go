// Package wire writes and reads the primitives of docs/formats.md: LEB128 numbers, length-prefixed
// bytes, times.
package wire

import (
	"encoding/binary"
	"errors"
	"time"
)

// ErrMalformed is what a Reader ends with when bytes are not what the format says.
var ErrMalformed = errors.New("malformed bytes")

// AppendBytes appends length and bytes.
func AppendBytes[T ~[]byte | ~string](dst []byte, b T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// AppendTime appends a time with milliseconds; the zero time is 0.
func AppendTime(dst []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	ms := t.UnixMilli()
	return binary.AppendUvarint(dst, 1+uint64(ms<<1^ms>>63))
}

// AppendUvarints appends numbers one after the other.
func AppendUvarints(dst []byte, numbers ...uint64) []byte {
	for _, n := range numbers {
		dst = binary.AppendUvarint(dst, n)
	}
	return dst
}

// Reader takes primitives off the front of bytes. After the first malformed one everything is
// zero and Err says so: check it once at the end.
type Reader struct {
	rest []byte
	bad  bool
}

// NewReader reads b. What it returns shares b's memory.
func NewReader(b []byte) *Reader { return &Reader{rest: b} }

// Err is ErrMalformed if anything was.
func (r *Reader) Err() error {
	if r.bad {
		return ErrMalformed
	}
	return nil
}

// Len is how many bytes are left.
func (r *Reader) Len() int { return len(r.rest) }

// Uvarint reads an unsigned number.
func (r *Reader) Uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// Varint reads a signed number.
func (r *Reader) Varint() int64 {
	n := r.Uvarint()
	return int64(n>>1) ^ -int64(n&1)
}

// Length reads a number that counts things of at least size bytes each, all still to come.
func (r *Reader) Length(size int) int {
	n := r.Uvarint()
	if n > uint64(len(r.rest)/max(size, 1)) {
		r.fail()
		return 0
	}
	return int(n)
}

// Take reads n bytes.
func (r *Reader) Take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail()
		return make([]byte, max(0, min(n, 64)))
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Bytes reads length-prefixed bytes; Text copies them.
func (r *Reader) Bytes() []byte { return r.Take(r.Length(1)) }

// Text reads length-prefixed text.
func (r *Reader) Text() string { return string(r.Bytes()) }

// Byte reads one byte.
func (r *Reader) Byte() byte { return r.Take(1)[0] }

// Uint32 and Uint64 read fixed-width little endian numbers.
func (r *Reader) Uint32() uint32 { return binary.LittleEndian.Uint32(r.Take(4)) }

// Uint64 reads a fixed-width little endian number.
func (r *Reader) Uint64() uint64 { return binary.LittleEndian.Uint64(r.Take(8)) }

// Time reads a time.
func (r *Reader) Time() time.Time {
	n := r.Uvarint()
	if n == 0 {
		return time.Time{}
	}
	n--
	return time.UnixMilli(int64(n>>1) ^ -int64(n&1)).UTC()
}

func (r *Reader) fail() { r.bad, r.rest = true, nil }
