package localkeys_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/memory"
)

func open(t *testing.T, path string, b vault.Backend) *localkeys.Store {
	t.Helper()
	s, err := localkeys.Open(t.Context(), localkeys.Config{KeyFile: path, Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAKeyIsMadeOnceAndComesBack(t *testing.T) {
	path, b := filepath.Join(t.TempDir(), "keys", "tenant.key"), memory.New()
	first := open(t, path, b)

	var wait sync.WaitGroup
	secrets := make([][]byte, 8)
	for i := range secrets {
		wait.Go(func() {
			k, err := first.Create(t.Context(), "v", "unit")
			if err != nil || k.Version != 1 || len(k.Secret) != vault.SecretSize {
				t.Errorf("create: %+v, %v", k, err)
			}
			secrets[i] = k.Secret
		})
	}
	wait.Wait()
	again, err := open(t, path, b).For("v").Open(t.Context(), "unit", 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if !bytes.Equal(s, again.Secret) {
			t.Fatal("two keys for one unit")
		}
	}
	other, err := first.Create(t.Context(), "v", "another")
	if err != nil || bytes.Equal(other.Secret, again.Secret) {
		t.Errorf("two units, one key; %v", err)
	}
}

func TestKeysAreRefused(t *testing.T) {
	path, b := filepath.Join(t.TempDir(), "tenant.key"), memory.New()
	s := open(t, path, b)
	if _, err := s.Create(t.Context(), "v", "unit"); err != nil {
		t.Fatal(err)
	}
	raw, err := b.Read(t.Context(), "unit/unit/key/00000001", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Create(t.Context(), "unit/other/key/00000001", raw); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(raw)
	flipped[len(flipped)-1] ^= 1
	if err := b.Create(t.Context(), "unit/flipped/key/00000001", flipped); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, vault string
		unit        vault.UnitID
		version     uint32
		store       *localkeys.Store
		want        fault.Kind
	}{
		{"another vault", "w", "unit", 1, s, fault.Permission},
		{"a key moved to another unit", "v", "other", 1, s, fault.Permission},
		{"a version that was never made", "v", "unit", 2, s, fault.NotFound},
		{"a flipped bit", "v", "flipped", 1, s, fault.Internal},
		{"another tenant key", "v", "unit", 1, open(t, filepath.Join(t.TempDir(), "k"), b), fault.Precondition},
		{"no unit id", "v", "../x", 1, s, fault.Invalid},
	} {
		if _, err := test.store.Open(t.Context(), test.vault, test.unit, test.version); !fault.Is(err, test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestAKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tenant.key")
	open(t, path, memory.New())
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := localkeys.Open(t.Context(), localkeys.Config{KeyFile: path, Backend: memory.New()}); !fault.Is(err, fault.Precondition) || fault.NextOf(err) == "" {
		t.Errorf("%v", err)
	}
}
