package rawjson

import (
	"bytes"
	"encoding/json"
	"iter"
)

// Members walks the top level of an object: names as written between the quotes, values as they
// are. It stops quietly where the object ends or stops being one.
func Members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		p := skipSpace(object, 0)
		if p >= len(object) || object[p] != '{' {
			return
		}
		for p++; ; {
			p = skipSeparators(object, p)
			if p >= len(object) || object[p] != '"' {
				return
			}
			nameEnd, ok := endOfString(object, p+1)
			if !ok {
				return
			}
			name := object[p+1 : nameEnd-1]
			p = skipSeparators(object, nameEnd)
			if p >= len(object) {
				return
			}
			valueEnd, ok := end(object, p)
			if !ok || valueEnd == p || !yield(name, object[p:valueEnd]) {
				return
			}
			p = valueEnd
		}
	}
}

// Elements walks an array.
func Elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		p := skipSpace(array, 0)
		if p >= len(array) || array[p] != '[' {
			return
		}
		for p++; ; {
			p = skipSeparators(array, p)
			if p >= len(array) || array[p] == ']' {
				return
			}
			next, ok := end(array, p)
			if !ok || next == p || !yield(array[p:next]) {
				return
			}
			p = next
		}
	}
}

// Field returns the value of a member of the top level, or nil.
func Field(object []byte, name string) []byte {
	for member, value := range Members(object) {
		if string(member) == name {
			return value
		}
	}
	return nil
}

// Text is the text of a JSON string; "" for null and for anything that is no string.
func Text(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var text string
	if json.Unmarshal(value, &text) == nil || json.Unmarshal(Repair(value), &text) == nil {
		return text
	}
	return string(inner)
}

// True tells whether the value is the literal true.
func True(value []byte) bool { return string(value) == "true" }

func skipSeparators(data []byte, p int) int {
	for p < len(data) {
		switch data[p] {
		case ' ', '\n', '\t', '\r', ',', ':':
			p++
		default:
			return p
		}
	}
	return p
}

// Without returns a copy of an object that lacks a member of its top level. It takes no more memory
// than it needs: what is left out may be most of the object.
func Without(object []byte, name string) []byte {
	size := 2
	for member, value := range Members(object) {
		if string(member) != name {
			size += len(`"":,`) + len(member) + len(value)
		}
	}
	out := append(make([]byte, 0, size), '{')
	for member, value := range Members(object) {
		if string(member) == name {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(append(out, '"'), member...), '"', ':')
		out = append(out, value...)
	}
	return append(out, '}')
}
