package mail

import (
	"strconv"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/sim/wire"
)

// Extended properties that stand for something else
// (https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops).
const (
	messageClass  = "string 0x1a"
	messageFlags  = "integer 0xe07"
	submitTime    = "systemtime 0x39"
	deliveryTime  = "systemtime 0xe06"
	messageIDProp = "string 0x1035"
)

// Bits of PidTagMessageFlags.
const (
	flagRead   = 1
	flagUnsent = 8
)

// normalise brings the id of an extended property into the form in which ids are compared: tags
// as lower-case hexadecimal without leading zeros.
func normalise(id string) string {
	kind, tag, _ := strings.Cut(strings.ToLower(strings.TrimSpace(id)), " ")
	if digits, ok := strings.CutPrefix(tag, "0x"); ok {
		if n, err := strconv.ParseUint(digits, 16, 32); err == nil {
			return kind + " 0x" + strconv.FormatUint(n, 16)
		}
	}
	return kind + " " + tag
}

// extendedIDs reads which properties $expand=singleValueExtendedProperties($filter=id eq 'a' or id eq 'b') asks for.
func extendedIDs(filter string) ([]string, error) {
	var ids []string
	for part := range strings.SplitSeq(filter, "'") {
		if strings.Contains(part, " 0x") || strings.Contains(part, "{") {
			ids = append(ids, part)
		}
	}
	if len(ids) == 0 {
		return nil, wire.BadRequest("ErrorInvalidProperty", "A $filter with the ids of the wanted properties is required.")
	}
	return ids, nil
}

// extendedValue is the value of an extended property of a message.
func (v *view) extendedValue(id string, m *shown) (string, bool) {
	if m.entry != nil {
		if value, ok := m.entry.extended[id]; ok {
			return value, true
		}
	}
	switch id {
	case messageClass:
		return m.letter.Class, true
	case messageFlags:
		bits := 0
		if m.state.read {
			bits |= flagRead
		}
		if m.state.draft {
			bits |= flagUnsent
		}
		return strconv.Itoa(bits), true
	case submitTime:
		return m.letter.Sent.Format(time.RFC3339), true
	case deliveryTime:
		return m.letter.Received.Format(time.RFC3339), true
	case messageIDProp:
		return m.letter.MessageID, true
	}
	return "", false
}

// appendExtended shows the wanted properties that the message has. Tags come back as Exchange
// writes them: "Integer 0xe07".
func (v *view) appendExtended(b []byte, m *shown) []byte {
	first := true
	for _, asked := range v.extended {
		value, has := v.extendedValue(normalise(asked), m)
		if !has {
			continue
		}
		if first {
			b = append(b, `,"singleValueExtendedProperties":[`...)
		} else {
			b = append(b, ',')
		}
		first = false
		kind, tag, _ := strings.Cut(asked, " ")
		if strings.HasPrefix(tag, "0x") || strings.HasPrefix(tag, "0X") {
			_, tag, _ = strings.Cut(normalise(asked), " ")
		}
		b = wire.AppendString(append(b, `{"id":`...), kind+" "+tag)
		b = append(wire.AppendString(append(b, `,"value":`...), value), '}')
	}
	if !first {
		b = append(b, ']')
	}
	return b
}
