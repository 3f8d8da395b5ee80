package mail

import (
	"strconv"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/letter"
	"github.com/tenantkeep/tenantkeep/sim/wire"
)

func (v *view) appendBody(b []byte, l *letter.Letter) []byte {
	b = append(b, `{"contentType":"`...)
	content := l.Body
	switch {
	case l.HTML && v.text:
		b = append(b, "text"...)
		content = []byte(plainText(l, len(l.Body)))
	case l.HTML:
		b = append(b, "html"...)
	default:
		b = append(b, "text"...)
	}
	b = append(b, `","content":`...)
	if v.raw {
		b = append(append(append(b, '"'), '\x0b'), wire.AppendText(nil, content)[1:]...)
		return append(b, '}')
	}
	return append(wire.AppendText(b, content), '}')
}

const previewLength = 255

func appendPreview(b []byte, l *letter.Letter) []byte {
	return wire.AppendString(b, plainText(l, previewLength))
}

// plainText is the first n bytes of the text, without markup.
func plainText(l *letter.Letter, n int) string {
	text := make([]byte, 0, min(n, 4096)+4)
	inTag, skip := false, ""
	body := l.Body
	for i := 0; i < len(body) && len(text) < n; i++ {
		switch c := body[i]; {
		case !l.HTML:
			text = append(text, c)
		case c == '<':
			inTag = true
			if end := tagged(body[i:], skip); skip == "" || end {
				skip = hiddenTag(body[i:])
			}
		case c == '>' && inTag:
			inTag = false
		case !inTag && skip == "" && (c != '\r' && c != '\n' || len(text) > 0):
			text = append(text, c)
		}
	}
	return strings.ToValidUTF8(string(text), "")
}

// hiddenTag is the element that begins here, if its content is no text.
func hiddenTag(body []byte) string {
	for _, name := range []string{"style", "script", "title"} {
		if len(body) > len(name) && strings.EqualFold(string(body[1:1+len(name)]), name) {
			return name
		}
	}
	return ""
}

// tagged tells whether the end tag of an element begins here.
func tagged(body []byte, name string) bool {
	return len(body) > len(name)+1 && body[1] == '/' && strings.EqualFold(string(body[2:2+len(name)]), name)
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(b, text)
	}
	return append(b, ']')
}

func appendAddress(b []byte, a letter.Address) []byte {
	name := a.Name
	if name == "" {
		name = a.Address
	}
	b = wire.AppendString(append(b, `{"emailAddress":{"name":`...), name)
	return append(wire.AppendString(append(b, `,"address":`...), a.Address), '}', '}')
}

func appendPerson(b []byte, a *letter.Address) []byte {
	if a == nil {
		return append(b, "null"...)
	}
	return appendAddress(b, *a)
}

func appendPeople(b []byte, list []letter.Address) []byte {
	b = append(b, '[')
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendAddress(b, a)
	}
	return append(b, ']')
}

func appendFlag(b []byte, f flag) []byte {
	b = append(append(append(b, `{"flagStatus":"`...), f.status...), '"')
	for _, date := range f.dates() {
		if !date.when.IsZero() {
			b = append(append(append(b, `,"`...), date.name...), `":{"dateTime":"`...)
			b = append(date.when.UTC().AppendFormat(b, "2006-01-02T15:04:05.0000000"), `","timeZone":"UTC"}`...)
		}
	}
	return append(b, '}')
}

func appendHeaders(b []byte, headers []letter.Header) []byte {
	b = append(b, '[')
	for i, h := range headers {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(append(b, `{"name":`...), h.Name)
		b = append(wire.AppendString(append(b, `,"value":`...), h.Value), '}')
	}
	return append(b, ']')
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }
