package frame

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/zeebo/blake3"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
)

// SecretSize is the length of the secret that keys are derived from.
const SecretSize = 64

// ID is the id of a payload.
type ID [16]byte

// Key seals and opens frames of one unit with one key version. It is safe for concurrent use.
type Key struct {
	Version uint32
	Cutting [32]byte // what the table of the content cutter is derived from

	aead    cipher.AEAD
	vault   [16]byte
	unit    string
	hashers sync.Pool
}

// NewKey derives the keys of a version from its secret.
func NewKey(vault, unit string, version uint32, secret []byte) (*Key, error) {
	if len(secret) != SecretSize {
		return nil, fmt.Errorf("secret of %d bytes, want %d", len(secret), SecretSize)
	}
	k := &Key{Version: version, unit: unit}
	name := blake3.Sum256([]byte(vault))
	copy(k.vault[:], name[:])

	var sealing, ids [32]byte
	blake3.DeriveKey("tenantkeep vault 1 sealing", secret[:32], sealing[:])
	blake3.DeriveKey("tenantkeep vault 1 payload ids", secret[32:], ids[:])
	blake3.DeriveKey("tenantkeep vault 1 cutting", secret[32:], k.Cutting[:])
	block, err := aes.NewCipher(sealing[:])
	if err != nil {
		return nil, err
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.hashers.New = func() any {
		h, _ := blake3.NewKeyed(ids[:]) // fails only for keys that are not 32 bytes
		return h
	}
	return k, nil
}

// Sum is the id of a payload that consists of these pieces, one after the other.
func (k *Key) Sum(pieces ...[]byte) (id ID) {
	h := k.hashers.Get().(*blake3.Hasher)
	h.Reset()
	for _, piece := range pieces {
		h.Write(piece)
	}
	var sum [32]byte
	copy(id[:], h.Sum(sum[:0]))
	k.hashers.Put(h)
	return id
}

// Place is where a frame is: its object, and the offset in it.
type Place struct {
	Letter byte
	Object object.ID
	Offset uint64
}

const nonceSize, tagSize = 12, 16

// Overhead is how much longer than its data a frame is at most.
const Overhead = 2 + nonceSize + tagSize

// ErrDamaged means that a frame does not open: it was changed, cut, moved, or sealed with another key.
var ErrDamaged = errors.New("sealed bytes do not open")

// Seal appends packed data as a frame for that place.
func (k *Key) Seal(dst []byte, at Place, p Packed) []byte {
	dst = append(dst, p.Codec)
	if p.Codec == codecDictionary {
		dst = append(dst, p.Dictionary)
	}
	nonce := len(dst)
	dst = append(dst, make([]byte, nonceSize)...)
	rand.Read(dst[nonce:])
	return k.aead.Seal(dst, dst[nonce:], p.Data, k.additional(at, p))
}

// Open returns what the frame at that place holds. It decrypts in place: the frame's memory becomes
// the data's.
func (k *Key) Open(at Place, frame []byte) (Packed, error) {
	var p Packed
	if len(frame) < Overhead {
		return p, ErrDamaged
	}
	p.Codec, frame = frame[0], frame[1:]
	if p.Codec == codecDictionary {
		p.Dictionary, frame = frame[0], frame[1:]
	}
	data, err := k.aead.Open(frame[nonceSize:nonceSize], frame[:nonceSize], frame[nonceSize:], k.additional(at, p))
	if err != nil {
		return p, ErrDamaged
	}
	p.Data = data
	return p, nil
}

func (k *Key) additional(at Place, p Packed) []byte {
	b := make([]byte, 0, 128)
	b = append(b, at.Letter, object.Format, p.Codec, p.Dictionary)
	b = binary.LittleEndian.AppendUint32(b, k.Version)
	b = append(b, k.vault[:]...)
	b = binary.LittleEndian.AppendUint64(b, at.Object.Seq)
	b = binary.LittleEndian.AppendUint64(b, at.Object.Random)
	b = binary.LittleEndian.AppendUint64(b, at.Offset)
	return append(b, k.unit...)
}
