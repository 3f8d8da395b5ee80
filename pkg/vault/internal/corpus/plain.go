package corpus

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"sync"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/blake3"
)

// Plain writes the mails to one file: per mail a keyed BLAKE3, a look in a map, zstd-fastest,
// AES-256-GCM, an append, and a sync at the end. It returns the bytes stored.
func Plain(mails []Mail, path string, goroutines int) (stored int64, err error) {
	var key [32]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return 0, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return 0, err
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	p := &plain{key: key[:], aead: aead, file: file}

	work := make(chan []byte, 4*goroutines)
	var workers sync.WaitGroup
	for range goroutines {
		workers.Go(func() { p.worker(work) })
	}
	for _, m := range mails {
		work <- m.Data
	}
	close(work)
	workers.Wait()
	return p.stored, errors.Join(p.failed, file.Sync())
}

type plain struct {
	key  []byte
	aead cipher.AEAD
	seen sync.Map

	mu     sync.Mutex // of what follows
	file   *os.File
	stored int64
	failed error
}

func (p *plain) worker(work <-chan []byte) {
	const full = 8 << 20
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // constant options
	}
	h, err := blake3.NewKeyed(p.key)
	if err != nil {
		panic(err) // a constant length
	}
	out := make([]byte, 0, full+1<<20)
	var id [32]byte
	var small []byte
	var nonce [12]byte
	for item := range work {
		h.Reset()
		h.Write(item)
		h.Sum(id[:0])
		if _, twice := p.seen.LoadOrStore([16]byte(id[:16]), true); twice {
			continue
		}
		small = z.EncodeAll(item, small[:0])
		rand.Read(nonce[:])
		out = binary.LittleEndian.AppendUint32(out, uint32(len(small)))
		out = append(append(out, id[:16]...), nonce[:]...)
		out = p.aead.Seal(out, nonce[:], small, id[:16])
		if len(out) > full {
			out = p.flush(out)
		}
	}
	p.flush(out)
}

func (p *plain) flush(out []byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.file.Write(out)
	p.stored += int64(n)
	p.failed = errors.Join(p.failed, err)
	return out[:0]
}
