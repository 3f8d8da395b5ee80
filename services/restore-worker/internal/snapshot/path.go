package snapshot

import (
	"strings"
)

// Join makes a path of names.
func Join(names ...string) string {
	escaped := make([]string, len(names))
	for i, name := range names {
		escaped[i] = escape(name)
	}
	return strings.Join(escaped, "/")
}

// Split is the reverse of Join. Slashes at the ends and double ones are forgiven.
func Split(path string) []string {
	var names []string
	for part := range strings.SplitSeq(path, "/") {
		if part != "" {
			names = append(names, unescape(part))
		}
	}
	return names
}

func escape(name string) string {
	if !strings.ContainsAny(name, "/%") {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] == '/':
			b.WriteString("%2F")
		case name[i] == '%' && isEscape(name[i:]):
			b.WriteString("%25")
		default:
			b.WriteByte(name[i])
		}
	}
	return b.String()
}

func unescape(part string) string {
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] != '%' || !isEscape(part[i:]) {
			b.WriteByte(part[i])
			continue
		}
		if part[i+2] == '5' {
			b.WriteByte('%')
		} else {
			b.WriteByte('/')
		}
		i += 2
	}
	return b.String()
}

// isEscape tells whether text begins with %2F, %2f or %25.
func isEscape(text string) bool {
	return len(text) >= 3 && text[1] == '2' && (text[2] == '5' || text[2] == 'F' || text[2] == 'f')
}
