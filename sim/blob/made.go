package blob

import (
	"io"
	"unicode/utf8"

	"github.com/tenantkeep/tenantkeep/sim/prose"
	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// blockSize is how much is made at once: a reader at any offset makes one block, not the file.
const blockSize = 64 << 10

// Shape is what made-up content looks like.
type Shape struct {
	Magic string // how it begins
	Text  func() *prose.Pool
}

// Made is content made up from a seed, of text if the shape has any, else of bytes that do not
// compress.
func Made(shape Shape, size int64, base uint64) *Content {
	return &Content{source: made{shape, base, size}, size: size}
}

type made struct {
	shape Shape
	base  uint64
	size  int64
}

func (m made) open() (Reader, error) { return &maker{made: m, at: -1}, nil }

// maker keeps the block that it made last, since readers read on.
type maker struct {
	made
	at    int64
	block []byte
}

func (m *maker) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		if number := (offset + int64(n)) / blockSize; number != m.at {
			m.make(number)
		}
		n += copy(p[n:], m.block[(offset+int64(n))%blockSize:])
	}
	return n, nil
}

func (m *maker) Close() error { return nil }

var _ io.ReaderAt = (*maker)(nil)

func (m *maker) make(number int64) {
	source := seed.New(m.base, uint64(number))
	m.at = number
	size := int(min(blockSize, m.size-number*blockSize))
	if m.block == nil {
		m.block = make([]byte, size)
	}
	if m.block = m.block[:size]; m.shape.Text != nil {
		m.block = m.write(&source, size)
	} else {
		source.Bytes(m.block)
	}
	if number == 0 {
		copy(m.block, m.shape.Magic)
	}
}

// write fills a block with paragraphs. Where the block ends inside a letter, dots stand instead.
func (m *maker) write(source *seed.Source, size int) []byte {
	b := m.block[:0]
	for len(b) < size {
		b = append(m.shape.Text().Append(b, source, 200+source.N(2000)), '\n')
	}
	b = b[:size]
	end := b[max(0, size-utf8.UTFMax):]
	for i := len(end) - 1; i > 0 && !utf8.Valid(end); i-- {
		end[i] = '.'
	}
	return b
}
