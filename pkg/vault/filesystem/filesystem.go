package filesystem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

const (
	temporary    = ".tmp"
	temporaryAge = 24 * time.Hour
)

// Backend is a directory. It is safe for concurrent use, by several processes too.
type Backend struct {
	root string
	open handles

	mu   sync.Mutex
	made map[string]bool // directories that are there and synced
}

var _ vault.Backend = (*Backend)(nil)

// New uses a directory, which it makes if need be.
func New(root string) (*Backend, error) {
	b := &Backend{root: root, made: map[string]bool{}}
	if err := os.MkdirAll(filepath.Join(root, temporary), 0o700); err != nil {
		return nil, classify("open store", err)
	}
	return b, classify("open store", b.sweep())
}

// sweep removes what crashes left. Young files may be another process's.
func (b *Backend) sweep() error {
	entries, err := os.ReadDir(filepath.Join(b.root, temporary))
	for _, e := range entries {
		info, statErr := e.Info()
		if statErr == nil && time.Since(info.ModTime()) > temporaryAge {
			os.Remove(filepath.Join(b.root, temporary, e.Name()))
		}
	}
	return err
}

// Create implements vault.Backend.
func (b *Backend) Create(ctx context.Context, name string, data []byte) error {
	const op = "create object"
	path, err := b.path(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(op, err)
	}
	if _, err := os.Lstat(path); err == nil {
		return exists(name) // spares the writing; the link below decides
	}
	temp, err := b.write(data)
	if err != nil {
		return classify(op, err)
	}
	defer os.Remove(temp)
	if err := b.makeDirectory(filepath.Dir(path)); err != nil {
		return classify(op, err)
	}
	if err := os.Link(temp, path); errors.Is(err, fs.ErrExist) {
		return exists(name)
	} else if err != nil {
		return classify(op, err)
	}
	return classify(op, syncDirectory(filepath.Dir(path)))
}

func exists(name string) error { return fault.New(fault.Exists, "create object", name+" exists") }

// write makes a synced temporary file. What failed leaves none behind.
func (b *Backend) write(data []byte) (path string, err error) {
	f, err := os.CreateTemp(filepath.Join(b.root, temporary), "")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

// makeDirectory makes a directory and its parents, each durable in its own parent.
func (b *Backend) makeDirectory(path string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.make(path)
}

func (b *Backend) make(path string) error {
	if b.made[path] {
		return nil
	}
	parent := filepath.Dir(path)
	if path != b.root && parent != path {
		if err := b.make(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncDirectory(parent); err != nil {
		return err
	}
	b.made[path] = true
	return nil
}

func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}

// Read implements vault.Backend.
func (b *Backend) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	const op = "read object"
	path, err := b.path(name)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	from, err := b.open.acquire(path)
	if err != nil {
		return nil, classify(op, err)
	}
	defer b.open.release(from)
	if length < 0 {
		info, err := from.file.Stat()
		if err != nil {
			return nil, classify(op, err)
		}
		length = max(0, info.Size()-offset)
	}
	data := make([]byte, length)
	n, err := from.file.ReadAt(data, offset)
	if errors.Is(err, io.EOF) {
		return nil, fault.New(fault.Invalid, op, fmt.Sprintf("%s ends %d bytes into the %d from %d", name, n, length, offset))
	}
	if err != nil {
		return nil, classify(op, err)
	}
	return data, nil
}

// Delete implements vault.Backend.
func (b *Backend) Delete(ctx context.Context, name string) error {
	const op = "delete object"
	path, err := b.path(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fault.Wrap(op, err)
	}
	b.open.forget(path)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return classify(op, err)
	}
	return nil
}

func (b *Backend) path(name string) (string, error) {
	if !filepath.IsLocal(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return "", fault.New(fault.Invalid, "name object", fmt.Sprintf("%q is no name for an object", name))
	}
	return filepath.Join(b.root, filepath.FromSlash(name)), nil
}

// classify says what an error of the operating system means to the vault.
func classify(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.As(fault.Exhausted, op, err, fault.Reason(vault.Full),
			fault.Next("free space where the vault is, or move the vault; the backup goes on from its last checkpoint"))
	case errors.Is(err, syscall.EFBIG): // objects are small: it is not the file system that says so
		return fault.As(fault.Exhausted, op, err, fault.Reason(vault.Full),
			fault.Next("raise the limit on the size of the process's files (ulimit -f); the backup goes on from its last checkpoint"))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault.As(fault.NotFound, op, err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.As(fault.Permission, op, err, fault.Next("give the process read and write access to the vault's directory"))
	case errors.Is(err, syscall.EINTR), errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.ESTALE), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return fault.As(fault.Transient, op, err)
	case errors.Is(err, errors.ErrUnsupported):
		return fault.As(fault.Unsupported, op, err, fault.Next("use a file system with hard links"))
	default:
		return fault.As(fault.Internal, op, err)
	}
}
