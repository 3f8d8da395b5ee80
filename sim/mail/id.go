package mail

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/tenantkeep/tenantkeep/sim/seed"
)

// Ids look as Exchange's do: base64url of binary, with a beginning that tells the kind.
const (
	immutableStart = "AAkALgAAAAAAHYQD"
	movableStart   = "AAMkAGU0OWNkZjAy"
	folderStart    = "AQMkAGU0OWNkZjAy"
	fileStart      = "AAMkAGU0BEFFAAAA"
	idEnd          = "AAA="
)

func appendID(b []byte, start string, hash uint64, rest ...uint64) []byte {
	var raw [32]byte
	binary.BigEndian.PutUint64(raw[:], hash)
	length := 8
	for _, part := range rest {
		binary.BigEndian.PutUint64(raw[length:], part)
		length += 8
	}
	for length%3 != 0 {
		length++
	}
	b = append(b, start...)
	b = base64.URLEncoding.AppendEncode(b, raw[:length])
	return append(b, idEnd...)
}

// appendIndex writes a conversation index: the bytes of [MS-OXOMSG] 2.2.1.3 (version, time, GUID) in
// base64 with + and /, where ids have - and _. Microsoft's SDK decodes it, and refuses the page else.
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxomsg
func appendIndex(b []byte, conversation uint64) []byte {
	var raw [22]byte
	source := seed.New(conversation, indexes)
	source.Bytes(raw[3:])
	copy(raw[:], "\x01\x01\xdb")
	return base64.StdEncoding.AppendEncode(b, raw[:])
}

var indexes = seed.Text("conversation index")

// parseID returns the numbers inside an id of this mailbox.
func (b *box) parseID(id, start string) ([3]uint64, bool) {
	var numbers [3]uint64
	middle, ok := strings.CutPrefix(id, start)
	middle, ended := strings.CutSuffix(middle, idEnd)
	raw, err := base64.URLEncoding.DecodeString(middle)
	if !ok || !ended || err != nil || len(raw) < 18 || binary.BigEndian.Uint64(raw) != b.hash {
		return numbers, false
	}
	for i := range numbers {
		if len(raw) >= 16+8*i {
			numbers[i] = binary.BigEndian.Uint64(raw[8+8*i:])
		}
	}
	return numbers, true
}

func (b *box) appendMessageID(to []byte, k key, folder uint32, immutable bool) []byte {
	if immutable {
		return appendID(to, immutableStart, b.hash, uint64(k))
	}
	return appendID(to, movableStart, b.hash, uint64(k), uint64(folder))
}

func (b *box) messageID(k key, folder uint32, immutable bool) string {
	return string(b.appendMessageID(nil, k, folder, immutable))
}

func (b *box) folderID(number uint32) string {
	return string(appendID(nil, folderStart, b.hash, uint64(number)))
}

func (b *box) attachmentID(k key, number uint32) string {
	return string(appendID(nil, fileStart, b.hash, uint64(k), uint64(number)))
}

// messageOf finds the message that an id of either kind names, if it is there; the movable kind
// only in the folder that it names.
func (b *box) messageOf(id string) (key, bool) {
	if numbers, ok := b.parseID(id, immutableStart); ok {
		_, _, _, there := b.lookup(key(numbers[0]))
		return key(numbers[0]), there
	}
	numbers, ok := b.parseID(id, movableStart)
	folder, _, _, there := b.lookup(key(numbers[0]))
	return key(numbers[0]), ok && there && uint64(folder) == numbers[1]
}

// folderOf finds a folder by id or well-known name.
func (b *box) folderOf(id string) *folder {
	if numbers, ok := b.parseID(id, folderStart); ok {
		if f := b.folders[uint32(numbers[0])]; f != nil && !f.gone {
			return f
		}
		return nil
	}
	for _, number := range b.order {
		if f := b.folders[number]; f.known != "" && strings.EqualFold(f.known, id) {
			return f
		}
	}
	return nil
}

func (b *box) attachmentOf(id string) (key, uint32, bool) {
	numbers, ok := b.parseID(id, fileStart)
	return key(numbers[0]), uint32(numbers[1]), ok
}
