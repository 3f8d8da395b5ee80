package localkeys

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

const keyFilePrefix = "tenantkeep key 1 "

// readKeyFile returns the tenant key, and makes the file if there is none.
func readKeyFile(path string) ([]byte, error) {
	const op = "read key file"
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeKeyFile(path); err == nil || errors.Is(err, fs.ErrExist) {
			info, err = os.Stat(path)
		}
	}
	if err != nil {
		return nil, fault.As(fault.Internal, op, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fault.New(fault.Precondition, op, fmt.Sprintf("%s has mode %04o: others can read the tenant key", path, info.Mode().Perm()),
			fault.Next("chmod 0600 the key file, and think about who may have read it"))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.As(fault.Internal, op, err)
	}
	encoded, ok := strings.CutPrefix(strings.TrimSpace(string(text)), keyFilePrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) != 32 {
		return nil, fault.New(fault.Precondition, op, path+" is no key file of version 1", fault.Next("restore the key file from its copy"))
	}
	return key, nil
}

// makeKeyFile makes the file whole or not at all, and durable: a key that is lost takes every
// backup with it.
func makeKeyFile(path string) error {
	key := make([]byte, 32)
	rand.Read(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(keyFilePrefix + base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
