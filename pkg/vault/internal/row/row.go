// Package row encodes the keys and values of the catalog's rows.
package row

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/wire"
)

// Class is the first byte of a key of the table of items.
type Class byte

// The classes of rows.
const (
	Item     Class = 'i'
	Failure  Class = 'f'
	Link     Class = 'l'
	Snapshot Class = 's'
)

// Key is the key of what is called id in a container. The order of keys is that of classes, then
// containers, then ids.
func Key(class Class, container, id string) []byte {
	return append(Prefix(class, container), id...)
}

// Prefix is what the keys of everything in a container begin with, and nothing else does.
func Prefix(class Class, container string) []byte {
	key := make([]byte, 0, len(container)+80)
	key = append(key, byte(class))
	for _, b := range []byte(container) {
		if key = append(key, b); b == 0 {
			key = append(key, 0xff)
		}
	}
	return append(key, 0, 1)
}

// SnapshotKey is the key of a snapshot record.
func SnapshotKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{byte(Snapshot)}, seq)
}

// ParseKey is the inverse of Key.
func ParseKey(key []byte) (class Class, container, id string, err error) {
	if len(key) == 0 {
		return 0, "", "", fmt.Errorf("key: %w", wire.ErrMalformed)
	}
	class, key = Class(key[0]), key[1:]
	var name []byte
	for {
		i := bytes.IndexByte(key, 0)
		if i < 0 || i+1 == len(key) {
			return 0, "", "", fmt.Errorf("key: %w", wire.ErrMalformed)
		}
		name = append(name, key[:i]...)
		mark := key[i+1]
		key = key[i+2:]
		switch mark {
		case 1:
			return class, string(name), string(key), nil
		case 0xff:
			name = append(name, 0)
		default:
			return 0, "", "", fmt.Errorf("key: %w", wire.ErrMalformed)
		}
	}
}

// After is the least prefix that is greater than everything that begins with prefix; nil means
// that there is none.
func After(prefix []byte) []byte {
	next := bytes.Clone(prefix)
	for i := len(next) - 1; i >= 0; i-- {
		if next[i]++; next[i] != 0 {
			return next[:i+1]
		}
	}
	return nil
}

// Deleted is the value of a row that says that there is nothing.
var Deleted = []byte{0}

// Present is the first byte of every other value.
const Present = 1

// IsDeleted tells whether a value says that there is nothing.
func IsDeleted(value []byte) bool { return len(value) > 0 && value[0] == 0 }

// Body returns what follows the first byte of a value.
func Body(value []byte) (*wire.Reader, error) {
	if len(value) == 0 || value[0] != Present {
		return nil, fmt.Errorf("row value: %w", wire.ErrMalformed)
	}
	return wire.NewReader(value[1:]), nil
}
