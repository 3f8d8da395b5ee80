package frame

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Codecs; the numbers stand in frames.
const (
	codecStored     = 0
	codecZstd       = 1
	codecDictionary = 2
)

// Packed is data after compression and before sealing.
type Packed struct {
	Codec      byte
	Dictionary byte // number of the unit's dictionary, 0 without one
	Data       []byte
}

// Stored is data as it is.
func Stored(data []byte) Packed { return Packed{Codec: codecStored, Data: data} }

// IsStored tells whether the data is as it was, in the memory where it was.
func (p Packed) IsStored() bool { return p.Codec == codecStored }

// plainWindow is how far back a frame without a dictionary looks: as long as large payloads mostly
// are. An encoder holds that much for every core.
const plainWindow = 1 << 20

var plainEncoder = sync.OnceValue(func() *zstd.Encoder { return newEncoder(zstd.WithWindowSize(plainWindow)) })

var plainDecoder = sync.OnceValues(func() (*zstd.Decoder, error) { return newDecoder() })

// Frames carry no checksum: the seal is one.
func newEncoder(more ...zstd.EOption) *zstd.Encoder {
	options := append([]zstd.EOption{
		zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithEncoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithEncoderCRC(false),
		zstd.WithLowerEncoderMem(true),
	}, more...)
	encoder, err := zstd.NewWriter(nil, options...)
	if err != nil {
		panic("zstd options: " + err.Error()) // constant options and a dictionary without structure
	}
	return encoder
}

func newDecoder(more ...zstd.DOption) (*zstd.Decoder, error) {
	options := append([]zstd.DOption{
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)),
		zstd.WithDecoderMaxMemory(MaxData),
	}, more...)
	return zstd.NewReader(nil, options...)
}

// MaxData is the most that a frame may hold.
const MaxData = 64 << 20

// Compress compresses data into dst's memory, with a dictionary if there is one. What does not
// become smaller stays as it is and shares data's memory.
func Compress(dst, data []byte, with *Dictionary) Packed {
	p := Packed{Codec: codecZstd}
	encoder := plainEncoder
	if with != nil {
		p.Codec, p.Dictionary, encoder = codecDictionary, with.Number, with.encoder
	}
	if p.Data = encoder().EncodeAll(data, dst[:0]); len(p.Data) >= len(data) {
		return Stored(data)
	}
	return p
}

// CompressProbing is Compress for large data: what saves under 5 % of its first 64 KiB is not tried.
func CompressProbing(dst, data []byte) Packed {
	const size = 64 << 10
	if len(data) > size {
		probe := probes.Get().(*[]byte)
		dense := len(plainEncoder().EncodeAll(data[:size], *probe)) > size*95/100
		probes.Put(probe)
		if dense {
			return Stored(data)
		}
	}
	return Compress(dst, data, nil)
}

// probes have room for 64 KiB that do not compress.
var probes = sync.Pool{New: func() any { b := make([]byte, 0, 65<<10); return &b }}

// Expand returns the data. Dictionaries are asked for by number.
func (p Packed) Expand(dictionary func(number byte) (*Dictionary, error)) ([]byte, error) {
	switch p.Codec {
	case codecStored:
		return p.Data, nil
	case codecZstd:
		decoder, err := plainDecoder()
		if err != nil {
			return nil, err
		}
		return decoder.DecodeAll(p.Data, nil)
	case codecDictionary:
		with, err := dictionary(p.Dictionary)
		if err != nil {
			return nil, err
		}
		return with.expand(p.Data)
	default:
		return nil, fmt.Errorf("codec %d is not known", p.Codec)
	}
}

// NoDictionary is for frames that are made without one.
func NoDictionary(number byte) (*Dictionary, error) {
	return nil, fmt.Errorf("dictionary %d: %w", number, ErrDamaged)
}
