package seal_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
)

func open(t *testing.T, path string) *seal.Ring {
	t.Helper()
	ring, err := seal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func TestOpensOnlyWhereItBelongs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "seal.key")
	box := open(t, path).For("credentials")
	secret, place := []byte("hunter2"), []byte("connections/a")
	sealed := box.Seal(secret, place)
	if bytes.Contains(sealed, secret) {
		t.Fatal("the secret is in clear")
	}
	if bytes.Equal(sealed, box.Seal(secret, place)) {
		t.Error("the same secret twice looks the same")
	}
	reopened := open(t, path).For("credentials")
	if got, err := reopened.Open(sealed, place); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%q, %v", got, err)
	}
	for name, try := range map[string]func() ([]byte, error){
		"another place":   func() ([]byte, error) { return box.Open(sealed, []byte("connections/b")) },
		"another purpose": func() ([]byte, error) { return open(t, path).For("tokens").Open(sealed, place) },
		"another key": func() ([]byte, error) {
			return open(t, filepath.Join(t.TempDir(), "k")).For("credentials").Open(sealed, place)
		},
		"nothing":   func() ([]byte, error) { return box.Open(nil, place) },
		"cut short": func() ([]byte, error) { return box.Open(sealed[:len(sealed)-1], place) },
	} {
		if plain, err := try(); err == nil || fault.NextOf(err) == "" || fault.ReasonOf(err) == "" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if plain, err := box.Open(altered, place); err == nil {
			t.Errorf("byte %d altered: %q", i, plain)
		}
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	rings := make([]*seal.Ring, 8)
	var starting sync.WaitGroup
	for i := range rings {
		starting.Go(func() { rings[i] = open(t, path) })
	}
	starting.Wait()
	sealed := rings[0].For("x").Seal([]byte("s"), nil)
	for i, ring := range rings {
		if _, err := ring.For("x").Open(sealed, nil); err != nil {
			t.Errorf("process %d made a key of its own: %v", i, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Open(path); fault.ReasonOf(err) != "SEAL_KEY_EXPOSED" {
		t.Errorf("a file that the group can read: %v", err)
	}
	for _, text := range []string{"", "not base64!", base64.StdEncoding.EncodeToString([]byte("short"))} {
		bad := filepath.Join(t.TempDir(), "bad.key")
		if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRotatedKeyStillOpens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seal.key")
	old := open(t, path).For("x").Seal([]byte("before"), nil)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	if err := os.WriteFile(path, append([]byte(fresh+"\n"), text...), 0o600); err != nil {
		t.Fatal(err)
	}
	rotated := open(t, path).For("x")
	if plain, err := rotated.Open(old, nil); err != nil || string(plain) != "before" {
		t.Errorf("%q, %v", plain, err)
	}
	onlyNew := filepath.Join(t.TempDir(), "new.key")
	if err := os.WriteFile(onlyNew, []byte(fresh), 0o600); err != nil {
		t.Fatal(err)
	}
	if plain, err := open(t, onlyNew).For("x").Open(rotated.Seal([]byte("after"), nil), nil); err != nil || string(plain) != "after" {
		t.Errorf("the new key does not seal: %q, %v", plain, err)
	}
}

func ExampleBox() {
	dir, err := os.MkdirTemp("", "seal")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ring, err := seal.Open(filepath.Join(dir, "seal.key"))
	if err != nil {
		panic(err)
	}
	box := ring.For("credentials")
	sealed := box.Seal([]byte("a client secret"), []byte("connections/a1"))
	secret, err := box.Open(sealed, []byte("connections/a1"))
	fmt.Println(string(secret), err)
	// Output: a client secret <nil>
}
