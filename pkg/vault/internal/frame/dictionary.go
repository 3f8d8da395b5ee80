package frame

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Dictionary is one of a unit's dictionaries, ready for use. It is safe for concurrent use.
type Dictionary struct {
	Number  byte
	content []byte
	encoder func() *zstd.Encoder
	before  int       // length of what expand puts before the blocks of a frame
	inputs  sync.Pool // of *[]byte that begin with it, so that it is copied once and not for every frame
}

// MaxDictionary is the longest content of a dictionary: one block of Zstandard.
const MaxDictionary = 128 << 10

// NewDictionary makes a dictionary of raw content. Its Zstandard id is 0: the zstd tool refuses
// raw dictionaries with others.
func NewDictionary(number byte, content []byte) (*Dictionary, error) {
	if len(content) < 8 || len(content) > MaxDictionary {
		return nil, fmt.Errorf("dictionary of %d bytes: %w", len(content), ErrDamaged)
	}
	d := &Dictionary{Number: number, content: content}
	d.encoder = sync.OnceValue(func() *zstd.Encoder {
		return newEncoder(zstd.WithEncoderDictRaw(0, content), zstd.WithWindowSize(windowSize))
	})
	before := append([]byte{}, zstdMagic...)
	before = append(before, 0, expandWindow) // no size, no checksum, no dictionary
	header := uint32(len(content)) << 3      // a raw block, and not the last
	before = append(before, byte(header), byte(header>>8), byte(header>>16))
	before = append(before, content...)
	d.before = len(before)
	d.inputs.New = func() any {
		input := append(make([]byte, 0, len(before)+32<<10), before...)
		return &input
	}
	return d, nil
}

// Content is what the dictionary was made of.
func (d *Dictionary) Content() []byte { return d.content }

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// expandWindow is the window descriptor (RFC 8878, 3.1.1.1.2) of 256 KiB: dictionary and block.
const (
	expandWindow = (18 - 10) << 3
	windowSize   = 256 << 10
)

var expanding = sync.Pool{New: func() any { return make([]byte, 0, windowSize) }}

// expand decompresses a frame that was made with the dictionary.
//
// Raw content as a dictionary acts as if it had been decoded before the frame (RFC 8878, 5). So
// it is put there, as a raw block: the library's fast decoder does not know dictionaries, and
// copying one is 20 times faster than decoding without it.
func (d *Dictionary) expand(data []byte) ([]byte, error) {
	blocks, err := frameBlocks(data)
	if err != nil {
		return nil, err
	}
	decoder, err := plainDecoder()
	if err != nil {
		return nil, err
	}
	input := d.inputs.Get().(*[]byte)
	defer d.inputs.Put(input)
	*input = append((*input)[:d.before], blocks...)
	out := expanding.Get().([]byte)
	defer expanding.Put(out[:0])
	all, err := decoder.DecodeAll(*input, out)
	if err != nil {
		return nil, err
	}
	if len(all) > windowSize {
		return nil, fmt.Errorf("frame of %d bytes with a dictionary: %w", len(all)-len(d.content), ErrDamaged)
	}
	return bytes.Clone(all[len(d.content):]), nil
}

// frameBlocks returns what follows a frame's header (RFC 8878, 3.1.1.1).
func frameBlocks(data []byte) ([]byte, error) {
	malformed := fmt.Errorf("zstd frame header: %w", ErrDamaged)
	if len(data) < 5 || !bytes.HasPrefix(data, zstdMagic) {
		return nil, malformed
	}
	descriptor, rest := data[4], data[5:]
	single := descriptor&0x20 != 0
	skip := []int{0, 1, 2, 4}[descriptor&3] // the dictionary id
	if !single {
		skip++ // the window
	}
	width := []int{0, 2, 4, 8}[descriptor>>6] // the size
	if width == 0 && single {
		width = 1
	}
	if descriptor&0x0c != 0 || len(rest) < skip+width { // a checksum, or what is not known
		return nil, malformed
	}
	return rest[skip+width:], nil
}
