package bus

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// Headers of a fact. NATS headers are case-sensitive: these are written in lower case, and read
// without regard to it ([Header]), since other writers follow other habits.
const (
	HeaderSpec        = "ce-specversion"
	HeaderID          = "ce-id"
	HeaderType        = "ce-type"
	HeaderSource      = "ce-source"
	HeaderSubject     = "ce-subject"
	HeaderTime        = "ce-time"
	HeaderContentType = "ce-datacontenttype"
	HeaderSchema      = "ce-dataschema"
	HeaderRemoved     = "ce-removed" // "true" on the last fact of an entity that is no more

	ContentProtobuf = "application/protobuf"
	ContentJSON     = "application/json"
)

// EventType is the ce-type of a fact: user-provisioned is tenantkeep.user-provisioned.v1.
func EventType(fact string) string { return "tenantkeep." + fact + ".v1" }

// SchemaURI is the ce-dataschema of a protobuf message by its full name.
func SchemaURI(message string) string { return "https://tenantkeep.dev/schemas/" + message }

// Header returns the first value of a header whose name matches without regard to case, decoded.
func Header(header nats.Header, name string) string {
	if values, ok := header[name]; ok && len(values) > 0 {
		return decode(values[0])
	}
	for key, values := range header {
		if len(values) > 0 && strings.EqualFold(key, name) {
			return decode(values[0])
		}
	}
	return ""
}

// SetHeader sets a header, percent-encoded as CloudEvents asks: everything but printable ASCII, and
// blank, double quote and percent.
func SetHeader(header nats.Header, name, value string) { header[name] = []string{encode(value)} }

func encode(text string) string {
	plain := true
	for i := range len(text) {
		plain = plain && !encoded(text[i])
	}
	if plain {
		return text
	}
	var out strings.Builder
	for i := range len(text) {
		if encoded(text[i]) {
			fmt.Fprintf(&out, "%%%02X", text[i])
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func encoded(b byte) bool { return b <= ' ' || b >= 0x7f || b == '"' || b == '%' }

// decode leaves alone what is no valid encoding, as the binding tells readers to.
func decode(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := digit(text[i+1]), digit(text[i+2])
			if high >= 0 && low >= 0 {
				out.WriteByte(byte(high<<4 | low))
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func digit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	default:
		return -1
	}
}
