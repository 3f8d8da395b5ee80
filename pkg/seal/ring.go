package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const keySize = 32

// Ring is the keys of one file, the one that seals first.
type Ring struct {
	keys [][]byte
}

// Open reads a key file, and makes one with a fresh key if there is none. Several processes may do so
// at once: they all get the same key. A file that others than its owner can read is refused.
func Open(path string) (*Ring, error) {
	text, err := readPrivate(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			text, err = readPrivate(path)
		}
	}
	if err != nil {
		return nil, fault.Wrap("open key file", err)
	}
	ring := &Ring{}
	for line := range strings.FieldsSeq(string(text)) {
		key, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(key) != keySize {
			return nil, fault.New(fault.Invalid, "open key file", path+": a line is no base64 of 32 bytes", fault.Next("bring the file back from a copy"))
		}
		ring.keys = append(ring.keys, key)
	}
	if len(ring.keys) == 0 {
		return nil, fault.New(fault.Invalid, "open key file", path+" is empty", fault.Next("bring the file back from a copy"))
	}
	return ring, nil
}

func readPrivate(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Precondition, "", path+" can be read by others", fault.Reason("SEAL_KEY_EXPOSED"), fault.Next("chmod 600 "+path))
	}
	return os.ReadFile(path)
}

// create writes a whole file and only then gives it its name, unless another process was first.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	draft, err := os.CreateTemp(dir, "key-*") // 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails, says its documentation
	_, err = draft.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err := errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the new name survive a power cut: what is sealed with a lost key is lost.
func syncDir(dir string) error {
	handle, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(handle.Sync(), handle.Close())
}

// For derives the keys of one purpose.
func (r *Ring) For(purpose string) *Box {
	box := &Box{purpose: purpose}
	for _, key := range r.keys {
		derived, err := hkdf.Key(sha256.New, key, nil, "tenantkeep seal "+purpose, keySize)
		if err != nil {
			panic(err) // only for more than 8160 bytes
		}
		box.keys = append(box.keys, newKey(derived))
	}
	return box
}

func find(keys []boxKey, id []byte) (boxKey, bool) {
	for _, key := range keys {
		if bytes.Equal(key.id[:], id) {
			return key, true
		}
	}
	return boxKey{}, false
}
