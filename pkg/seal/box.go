package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const (
	format     = 1
	idSize     = 4
	nonceSize  = 12
	headerSize = 1 + idSize + nonceSize
)

// Box seals for one purpose. It may be used by many goroutines.
type Box struct {
	purpose string
	keys    []boxKey
}

type boxKey struct {
	id   [idSize]byte
	aead cipher.AEAD
}

func newKey(secret []byte) boxKey {
	block, err := aes.NewCipher(secret)
	if err != nil {
		panic(err) // only for a key of another size
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // only for a cipher of another block size
	}
	sum := sha256.Sum256(secret)
	return boxKey{id: [idSize]byte(sum[:idSize]), aead: aead}
}

// Seal returns plain sealed for the place that context names.
func (b *Box) Seal(plain, context []byte) []byte {
	key := b.keys[0]
	sealed := make([]byte, headerSize, headerSize+len(plain)+key.aead.Overhead())
	sealed[0] = format
	copy(sealed[1:], key.id[:])
	nonce := sealed[1+idSize : headerSize]
	_, _ = rand.Read(nonce) // never fails, says its documentation
	return key.aead.Seal(sealed, nonce, plain, b.associated(context))
}

// Open returns what was sealed for that place.
func (b *Box) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != format {
		return nil, broken("the value is no sealed one")
	}
	key, known := find(b.keys, sealed[1:1+idSize])
	if !known {
		return nil, fault.New(fault.Precondition, "unseal", "it was sealed with a key that is not here", fault.Reason("SEAL_KEY_LOST"),
			fault.Next("bring the key file back from a copy, or set the secret again"))
	}
	plain, err := key.aead.Open(nil, sealed[1+idSize:headerSize], sealed[headerSize:], b.associated(context))
	if err != nil {
		return nil, broken("the value was altered or belongs elsewhere")
	}
	return plain, nil
}

func (b *Box) associated(context []byte) []byte {
	return append([]byte(b.purpose+"\x00"), context...)
}

func broken(text string) error {
	return fault.New(fault.Invalid, "unseal", text, fault.Reason("SEAL_BROKEN"), fault.Next("set the secret again"))
}
