package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"sync/atomic"
)

// Content is the bytes of a file at one time. It may be used by many at once.
type Content struct {
	source   source
	size     int64
	quickXor atomic.Pointer[string]
	sha      atomic.Pointer[string]
}

// source opens bytes.
type source interface {
	open() (Reader, error)
}

// Reader reads content at any offset. It is for one user at a time.
type Reader interface {
	io.ReaderAt
	io.Closer
}

// Size is the length in bytes.
func (c *Content) Size() int64 { return c.size }

// Open begins to read. The caller closes it.
func (c *Content) Open() (*io.SectionReader, io.Closer, error) {
	reader, err := c.source.open()
	if err != nil {
		return nil, nil, err
	}
	return io.NewSectionReader(reader, 0, c.size), reader, nil
}

// QuickXor is the quickXorHash in base64.
func (c *Content) QuickXor() (string, error) {
	return c.digest(&c.quickXor, func() hash.Hash { return &quickXor{} }, encodeBase64)
}

// SHA256 is the SHA-256 in hexadecimal.
func (c *Content) SHA256() (string, error) { return c.digest(&c.sha, sha256.New, hex.EncodeToString) }

func (c *Content) digest(kept *atomic.Pointer[string], fresh func() hash.Hash, write func([]byte) string) (string, error) {
	if known := kept.Load(); known != nil {
		return *known, nil
	}
	reader, closer, err := c.Open()
	if err != nil {
		return "", err
	}
	defer closer.Close()
	sum := fresh()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, reader, make([]byte, min(blockSize, c.size+1))); err != nil {
		return "", err
	}
	text := write(sum.Sum(nil))
	kept.Store(&text)
	return text, nil
}

// Disk is the content of a file on this machine, which has to stay as it is.
func Disk(path string, size int64) *Content { return &Content{source: diskFile(path), size: size} }

type diskFile string

func (d diskFile) open() (Reader, error) { return os.Open(string(d)) }
