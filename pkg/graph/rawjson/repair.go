package rawjson

import (
	"bytes"
	"encoding/binary"
)

// Broken tells whether data holds control characters at all. White space between tokens counts
// too, so true is only a reason to call [Repair].
func Broken(data []byte) bool {
	const low, high = 0x2020202020202020, 0x8080808080808080
	for ; len(data) >= 8; data = data[8:] {
		word := binary.LittleEndian.Uint64(data)
		// a byte below 0x20 borrows into its top bit, unless that bit was its own
		if (word-low)&^word&high != 0 {
			return true
		}
	}
	for _, b := range data {
		if b < 0x20 {
			return true
		}
	}
	return false
}

// Repair returns value with the control characters inside its strings escaped, as JSON demands:
// the text that it says stays the same. Without any it is value itself.
func Repair(value []byte) []byte {
	if !Broken(value) {
		return value
	}
	out := make([]byte, 0, len(value)+64)
	for p := 0; p < len(value); {
		quote := bytes.IndexByte(value[p:], '"')
		if quote < 0 {
			return append(out, value[p:]...)
		}
		next, _ := endOfString(value, p+quote+1)
		out = append(out, value[p:p+quote]...)
		out = escapeControls(out, value[p+quote:next])
		p = next
	}
	return out
}

func escapeControls(out, text []byte) []byte {
	const hex = "0123456789abcdef"
	for _, b := range text {
		if b < 0x20 {
			out = append(out, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
		} else {
			out = append(out, b)
		}
	}
	return out
}
