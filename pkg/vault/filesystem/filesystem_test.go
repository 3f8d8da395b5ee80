package filesystem

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/backendtest"
)

func TestBackend(t *testing.T) {
	backendtest.Run(t, func(t *testing.T) vault.Backend {
		b, err := New(filepath.Join(t.TempDir(), "vault"))
		if err != nil {
			t.Fatal(err)
		}
		return b
	})
}

func TestNamesStayInside(t *testing.T) {
	b, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "../x", "/x", "a/../../x", ".tmp/x", "a/.hidden"} {
		if err := b.Create(t.Context(), name, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLeftoversOfCrashesAreRemovedOnceOld(t *testing.T) {
	root := t.TempDir()
	if _, err := New(root); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(root, temporary, "old"), filepath.Join(root, temporary, "young")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * temporaryAge)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := New(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !os.IsNotExist(err) {
		t.Errorf("old file: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("young file: %v", err)
	}
}

func TestSystemErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		want fault.Kind
		next bool
	}{
		{syscall.ENOSPC, fault.Exhausted, true},
		{syscall.EDQUOT, fault.Exhausted, true},
		{os.ErrPermission, fault.Permission, true},
		{syscall.EROFS, fault.Permission, true},
		{os.ErrNotExist, fault.NotFound, false},
		{syscall.EMFILE, fault.Transient, false},
		{syscall.EIO, fault.Internal, false},
	} {
		got := classify("op", &os.PathError{Op: "write", Path: "x", Err: test.err})
		if fault.KindOf(got) != test.want || (fault.NextOf(got) != "") != test.next {
			t.Errorf("%v: kind %v, next %q", test.err, fault.KindOf(got), fault.NextOf(got))
		}
	}
}
