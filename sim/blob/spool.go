package blob

import (
	"io"
	"os"
	"sync"
)

// Spool holds what clients send, in one file on disk that has no name, so that it is gone with
// the process. Space is not given back before that.
type Spool struct {
	dir string

	mu   sync.Mutex
	file *os.File
	end  int64
}

// NewSpool puts the file into a directory; empty is the system's for temporary files. The file is
// made when it is needed.
func NewSpool(dir string) *Spool { return &Spool{dir: dir} }

// Space is room in a spool for one content.
type Space struct {
	file  *os.File
	start int64
	size  int64
}

// Reserve sets room aside.
func (s *Spool) Reserve(size int64) (*Space, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		file, err := os.CreateTemp(s.dir, "m365sim-*")
		if err != nil {
			return nil, err
		}
		_ = os.Remove(file.Name()) // where open files cannot be removed, it stays
		s.file = file
	}
	space := &Space{s.file, s.end, size}
	s.end += size
	return space, nil
}

// Fill reads n bytes from r to an offset of the space.
func (s *Space) Fill(r io.Reader, offset, n int64) error {
	_, err := io.CopyN(io.NewOffsetWriter(s.file, s.start+offset), r, n)
	return err
}

// Flip changes one bit of what is there.
func (s *Space) Flip(offset int64) error {
	var b [1]byte
	if _, err := s.file.ReadAt(b[:], s.start+offset); err != nil {
		return err
	}
	b[0] ^= 1
	_, err := s.file.WriteAt(b[:], s.start+offset)
	return err
}

// Content is what was filled in. It must not be changed any more.
func (s *Space) Content() *Content { return &Content{source: s, size: s.size} }

func (s *Space) open() (Reader, error) {
	return struct {
		io.ReaderAt
		io.Closer
	}{io.NewSectionReader(s.file, s.start, s.size), io.NopCloser(nil)}, nil
}

// Empty is no bytes.
func Empty() *Content { return Made(Shape{}, 0, 0) }
