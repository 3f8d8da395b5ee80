// Package rewind makes an io.ReaderAt of a stream that can be opened again. Uploads want to go back
// to the fragment that failed; the vault streams. What is read in order costs nothing extra, going
// back reads the stream from its start once more, and nothing is kept in memory or on disk.
package rewind

import (
	"errors"
	"io"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

// Reader is an io.ReaderAt over a stream. Close it.
type Reader struct {
	open func() (io.ReadCloser, error)

	mu     sync.Mutex
	stream io.ReadCloser // nil before the first read
	at     int64
}

// New returns a reader of what open opens, which has to be the same bytes every time.
func New(open func() (io.ReadCloser, error)) *Reader { return &Reader{open: open} }

// ReadAt implements io.ReaderAt.
func (r *Reader) ReadAt(p []byte, offset int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.seek(offset); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(r.stream, p)
	r.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

func (r *Reader) seek(offset int64) error {
	if r.stream != nil && offset < r.at {
		if err := r.close(); err != nil {
			return err
		}
	}
	if r.stream == nil {
		stream, err := r.open()
		if err != nil {
			return fault.Wrap("open stream", err)
		}
		r.stream, r.at = stream, 0
	}
	skipped, err := io.CopyN(io.Discard, r.stream, offset-r.at)
	r.at += skipped
	return err
}

// Close closes the stream.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.close()
}

func (r *Reader) close() error {
	if r.stream == nil {
		return nil
	}
	err := r.stream.Close()
	r.stream = nil
	return err
}
