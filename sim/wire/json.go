package wire

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

const hexDigits = "0123456789abcdef"

// mustEscape marks the bytes that JSON does not take as they are inside a string (RFC 8259).
// Markup is not escaped: Graph does not either.
var mustEscape = func() (table [256]bool) {
	for c := range 0x20 {
		table[c] = true
	}
	table['"'], table['\\'] = true, true
	return table
}()

// AppendString appends s as a JSON string. s has to be UTF-8.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		if !mustEscape[s[i]] {
			continue
		}
		b = append(b, s[start:i]...)
		b = appendEscape(b, s[i])
		start = i + 1
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

// AppendText is AppendString for long texts: it looks at eight bytes at a time.
func AppendText(b, text []byte) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(text); {
		if i+8 <= len(text) && plainWord(binary.LittleEndian.Uint64(text[i:])) {
			i += 8
			continue
		}
		for end := min(i+8, len(text)); i < end; i++ {
			if mustEscape[text[i]] {
				b = append(b, text[start:i]...)
				b = appendEscape(b, text[i])
				start = i + 1
			}
		}
	}
	b = append(b, text[start:]...)
	return append(b, '"')
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainWord tells whether none of eight bytes has to be escaped: each is at least 0x20 and neither
// a quote nor a backslash (the zero-byte test of Hacker's Delight, section 6-1, three times). It may
// take a plain word for one that is not, never the other way round.
func plainWord(w uint64) bool {
	quote, slash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w|(quote-ones)&^quote|(slash-ones)&^slash)&highs == 0
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}

// AppendTime appends an Edm.DateTimeOffset in whole seconds, UTC.
func AppendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, `"2006-01-02T15:04:05Z"`)
}

// AppendBool appends true or false.
func AppendBool(b []byte, value bool) []byte { return strconv.AppendBool(b, value) }

// AppendValue appends a value of a directory object: what encoding/json decodes into any, plus
// times, raw JSON and lists of strings. Names inside objects are sorted.
func AppendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return AppendString(b, v)
	case bool:
		return AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case float64:
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	case time.Time:
		return AppendTime(b, v)
	case json.RawMessage:
		return append(b, v...)
	case []string:
		return appendList(b, v, AppendString)
	case []any:
		return appendList(b, v, AppendValue)
	case map[string]any:
		return appendObject(b, v)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, text...)
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, value := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, value)
	}
	return append(b, ']')
}

func appendObject(b []byte, object map[string]any) []byte {
	names := make([]string, 0, len(object))
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(AppendString(b, name), ':')
		b = AppendValue(b, object[name])
	}
	return append(b, '}')
}
