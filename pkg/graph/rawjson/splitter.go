package rawjson

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// Sizes: a read is big enough for a dozen mails, and an item that outgrows MaxItem (a mail with
// 150 MB of attachments is 200 MB of base64) is refused rather than held. The buffer of a page is
// used again for another unless it had to grow beyond what most pages need.
const (
	readSize       = 64 << 10
	keptBuffer     = 1 << 20
	DefaultMaxItem = 256 << 20
)

// ErrTooLarge says that one item is longer than the splitter may hold.
var ErrTooLarge = errors.New("the item is too large")

// Splitter cuts one page into its items. Beside the array it keeps every other member of the page.
type Splitter struct {
	MaxItem int // longest item in bytes; 0: DefaultMaxItem

	source  io.Reader
	array   string // name of the member that holds the items
	buffer  []byte // data[from:] is unread
	from    int
	ended   bool // the source is exhausted
	state   splitState
	members map[string][]byte
}

type splitState uint8

const (
	beforePage splitState = iota
	inPage
	inArray
	afterPage
)

// NewSplitter reads a page whose items are in the member named array: "value" in Graph's
// collections, "responses" in a batch.
func NewSplitter(source io.Reader, array string) *Splitter {
	return &Splitter{source: source, array: array, members: map[string][]byte{}}
}

// Next returns the next item, valid until the following call, and io.EOF after the last.
// A page that ends too early is [ErrTruncated]; items that were returned before are complete.
func (s *Splitter) Next() ([]byte, error) {
	for {
		switch s.state {
		case beforePage:
			b, err := s.peek()
			if err != nil {
				return nil, err
			}
			if b != '{' {
				return nil, fmt.Errorf("%w: a page begins with %q", ErrSyntax, b)
			}
			s.from++
			s.state = inPage
		case inPage:
			if err := s.member(); err != nil {
				return nil, err
			}
		case inArray:
			item, err := s.item()
			if item != nil || err != nil {
				return item, err
			}
		case afterPage:
			s.release()
			return nil, io.EOF
		}
	}
}

var buffers sync.Pool // of *[]byte

// release gives the buffer to the next page, now that the last item's time is over.
func (s *Splitter) release() {
	if c := cap(s.buffer); c > 0 && c <= keptBuffer {
		whole := s.buffer[:0]
		buffers.Put(&whole)
	}
	s.buffer, s.from = nil, 0
}

// Member returns a member of the page other than the items, such as @odata.nextLink. Members
// that follow the items are known only after io.EOF.
func (s *Splitter) Member(name string) []byte { return s.members[name] }

// member reads one member of the page; at the array it stops before the first item.
func (s *Splitter) member() error {
	b, err := s.peek()
	if err != nil {
		return err
	}
	if b == '}' {
		s.from++
		s.state = afterPage
		return nil
	}
	if b != '"' {
		return fmt.Errorf("%w: %q where a name should be", ErrSyntax, b)
	}
	quoted, err := s.value()
	if err != nil {
		return err
	}
	name := string(quoted[1 : len(quoted)-1])
	if b, err = s.peek(); err != nil {
		return err
	}
	if name == s.array && b == '[' {
		s.from++
		s.state = inArray
		return nil
	}
	value, err := s.value()
	if err == nil {
		s.members[name] = append([]byte(nil), value...)
	}
	return err
}

func (s *Splitter) item() ([]byte, error) {
	b, err := s.peek()
	if err != nil {
		return nil, err
	}
	if b == ']' {
		s.from++
		s.state = inPage
		return nil, nil
	}
	return s.value()
}

// peek returns the next byte that is neither white space nor a separator.
func (s *Splitter) peek() (byte, error) {
	for {
		s.from = skipSeparators(s.buffer, s.from)
		if s.from < len(s.buffer) {
			return s.buffer[s.from], nil
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// value returns the complete value at from. While it grows, the scan starts over on doubled data,
// so the work stays linear in its length.
func (s *Splitter) value() ([]byte, error) {
	limit := s.MaxItem
	if limit == 0 {
		limit = DefaultMaxItem
	}
	for wanted := 1; ; {
		if have := len(s.buffer) - s.from; have >= wanted || s.ended {
			if next, ok := end(s.buffer, s.from); ok {
				if next == s.from {
					return nil, fmt.Errorf("%w: %q where a value should be", ErrSyntax, s.buffer[next])
				}
				value := s.buffer[s.from:next]
				s.from = next
				return value, nil
			}
			if have > limit {
				return nil, ErrTooLarge
			}
			wanted = 2 * have
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads more, moving the unread rest to the front first.
func (s *Splitter) fill() error {
	if s.ended {
		return ErrTruncated
	}
	if s.from > 0 {
		s.buffer = s.buffer[:copy(s.buffer, s.buffer[s.from:])]
		s.from = 0
	}
	if s.buffer == nil {
		if kept, ok := buffers.Get().(*[]byte); ok {
			s.buffer = *kept
		}
	}
	if cap(s.buffer)-len(s.buffer) < readSize/2 {
		grown := make([]byte, len(s.buffer), max(2*cap(s.buffer), readSize))
		copy(grown, s.buffer)
		s.buffer = grown
	}
	n, err := s.source.Read(s.buffer[len(s.buffer):cap(s.buffer)])
	s.buffer = s.buffer[:len(s.buffer)+n]
	switch {
	case n > 0:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		s.ended = true
		return nil
	default:
		return err
	}
}
