package filesystem

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// List implements vault.Backend. Directories are read when their turn comes, and those that hold
// only names outside of what is asked for are not read at all.
func (b *Backend) List(ctx context.Context, prefix, after string, limit int) iter.Seq2[vault.Object, error] {
	return func(yield func(vault.Object, error) bool) {
		w := walk{ctx: ctx, root: b.root, prefix: prefix, after: after, left: limit, yield: yield}
		if err := w.directory(""); err != nil && !errors.Is(err, errStop) {
			yield(vault.Object{}, classify("list objects", err))
		}
	}
}

// errStop ends a walk early.
var errStop = errors.New("stop")

type walk struct {
	ctx           context.Context
	root          string
	prefix, after string
	left          int
	yield         func(vault.Object, error) bool
}

// directory walks one directory; its name ends with a slash, or is empty for the root.
func (w *walk) directory(name string) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(w.root, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// A directory sorts by its name with the slash: that is where its objects' names are.
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(sortName(a), sortName(b)) })
	for _, e := range entries {
		if err := w.entry(name+sortName(e), e); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) entry(name string, e fs.DirEntry) error {
	switch {
	case e.Name() == temporary && e.IsDir():
		return nil
	case e.IsDir():
		wanted := strings.HasPrefix(name, w.prefix) || strings.HasPrefix(w.prefix, name)
		past := name <= w.after && !strings.HasPrefix(w.after, name)
		if !wanted || past {
			return nil
		}
		return w.directory(name)
	case !strings.HasPrefix(name, w.prefix) || name <= w.after:
		return nil
	}
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	if !w.yield(vault.Object{Name: name, Size: info.Size()}, nil) {
		return errStop
	}
	if w.left--; w.left == 0 {
		return errStop
	}
	return nil
}

func sortName(e fs.DirEntry) string {
	if e.IsDir() {
		return e.Name() + "/"
	}
	return e.Name()
}
