// Package seed makes things up, the same each time: random numbers and GUIDs that depend on
// nothing but a seed and the path of the thing they are for. Nothing has to be kept in memory
// that can be made up again.
package seed

import (
	"encoding/binary"
	"encoding/hex"
)

// Source is a small random source (splitmix64, public domain by Sebastiano Vigna). It is made
// for each thing anew, so making one has to cost nothing.
type Source struct{ state uint64 }

// New returns the source for a path of numbers below a seed.
func New(path ...uint64) Source {
	s := Source{0x9e3779b97f4a7c15}
	for _, part := range path {
		s.state ^= mix(part + 0x9e3779b97f4a7c15)
		s.state = mix(s.state)
	}
	return s
}

// Text returns a number for a piece of text (FNV-1a), to put into a path.
func Text(text string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return h
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Uint64 returns the next number.
func (s *Source) Uint64() uint64 {
	s.state += 0x9e3779b97f4a7c15
	return mix(s.state)
}

// N returns a number in [0, n).
func (s *Source) N(n int) int { return int(s.Uint64() % uint64(n)) }

// Float returns a number in [0, 1).
func (s *Source) Float() float64 { return float64(s.Uint64()>>11) / (1 << 53) }

// Chance is true with probability p.
func (s *Source) Chance(p float64) bool { return s.Float() < p }

// Pick returns one of the list.
func Pick[T any](s *Source, list []T) T { return list[s.N(len(list))] }

// Bytes fills b with bytes that do not compress.
func (s *Source) Bytes(b []byte) {
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, s.Uint64())
		b = b[8:]
	}
	if len(b) > 0 {
		var last [8]byte
		binary.LittleEndian.PutUint64(last[:], s.Uint64())
		copy(b, last[:])
	}
}

// GUID returns a version 4 GUID.
func (s *Source) GUID() string {
	var raw [16]byte
	s.Bytes(raw[:])
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	var text [36]byte
	at := 0
	for i, group := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			text[at] = '-'
			at++
		}
		at += hex.Encode(text[at:], group)
	}
	return string(text[:])
}
