package rawjson

import (
	"bytes"
	"errors"
)

// ErrTruncated says that the input ends before the value does.
var ErrTruncated = errors.New("the JSON ends too early")

// ErrSyntax says that something other than JSON stands where a value should.
var ErrSyntax = errors.New("not JSON")

// end returns the index after the value that begins at p, or false if the data ends first.
func end(data []byte, p int) (int, bool) {
	switch data[p] {
	case '"':
		return endOfString(data, p+1)
	case '{', '[':
		return endOfNested(data, p)
	default:
		for q := p; q < len(data); q++ {
			switch data[q] {
			case ',', '}', ']', ' ', '\t', '\r', '\n':
				return q, true
			}
		}
		return len(data), false
	}
}

// endOfString returns the index after the closing quote of the string whose text begins at p.
// A quote closes unless an odd number of backslashes stands before it.
func endOfString(data []byte, p int) (int, bool) {
	for start := p; ; {
		i := bytes.IndexByte(data[p:], '"')
		if i < 0 {
			return len(data), false
		}
		quote := p + i
		q := quote
		for q > start && data[q-1] == '\\' {
			q--
		}
		if (quote-q)%2 == 0 {
			return quote + 1, true
		}
		p = quote + 1
	}
}

func endOfNested(data []byte, p int) (int, bool) {
	depth := 0
	for p < len(data) {
		switch data[p] {
		case '"':
			next, ok := endOfString(data, p+1)
			if !ok {
				return next, false
			}
			p = next
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return p + 1, true
			}
		}
		p++
	}
	return p, false
}

func skipSpace(data []byte, p int) int {
	for p < len(data) && (data[p] == ' ' || data[p] == '\n' || data[p] == '\t' || data[p] == '\r') {
		p++
	}
	return p
}
