// Package backendtest holds every implementation of vault.Backend to the contract of the port.
package backendtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// Run runs the suite; every test gets an empty store.
func Run(t *testing.T, empty func(t *testing.T) vault.Backend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, vault.Backend)
	}{
		{"what was created is read, whole and in ranges", ranges},
		{"a name is created once", once},
		{"of many creators one wins", race},
		{"names are listed in byte order, after a name, up to a limit", list},
		{"what was deleted is gone, and may be deleted again", remove},
		{"the end of the context is Cancelled and changes nothing", cancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, empty(t)) })
	}
}

func ranges(t *testing.T, b vault.Backend) {
	data := []byte("0123456789")
	create(t, b, "unit/a/pack/1", data)
	for _, test := range []struct {
		offset, length int64
		want           string
	}{{0, -1, "0123456789"}, {0, 10, "0123456789"}, {3, 4, "3456"}, {3, -1, "3456789"}, {10, 0, ""}, {10, -1, ""}} {
		got, err := b.Read(t.Context(), "unit/a/pack/1", test.offset, test.length)
		if err != nil || string(got) != test.want {
			t.Errorf("%d from %d: %q, %v; want %q", test.length, test.offset, got, err, test.want)
		}
	}
	if _, err := b.Read(t.Context(), "unit/a/pack/1", 8, 3); !fault.Is(err, fault.Invalid) {
		t.Errorf("beyond the end: %v, want an invalid range", err)
	}
	for _, name := range []string{"unit/a/pack/2", "unit/b/pack/1", "other"} {
		if _, err := b.Read(t.Context(), name, 0, -1); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	create(t, b, "empty", nil)
	if got, err := b.Read(t.Context(), "empty", 0, -1); err != nil || len(got) != 0 {
		t.Errorf("empty object: %q, %v", got, err)
	}
}

func once(t *testing.T, b vault.Backend) {
	create(t, b, "head/1", []byte("first"))
	if err := b.Create(t.Context(), "head/1", []byte("second")); !fault.Is(err, fault.Exists) {
		t.Errorf("second creation: %v, want exists", err)
	}
	if got, _ := b.Read(t.Context(), "head/1", 0, -1); string(got) != "first" {
		t.Errorf("object is %q", got)
	}
}

// race lets many goroutines create each of a number of names at the same time.
func race(t *testing.T, b vault.Backend) {
	const names, creators = 20, 8
	for n := range names {
		name := fmt.Sprintf("unit/u/head/%d", n)
		var start, done sync.WaitGroup
		start.Add(1)
		results := make([]error, creators)
		for c := range creators {
			done.Go(func() {
				start.Wait()
				results[c] = b.Create(t.Context(), name, bytes.Repeat([]byte{byte(c)}, 100))
			})
		}
		start.Done()
		done.Wait()
		got, err := b.Read(t.Context(), name, 0, -1)
		if err != nil {
			t.Fatal(err)
		}
		winners := 0
		for c, err := range results {
			switch {
			case err == nil:
				winners++
				if got[0] != byte(c) {
					t.Errorf("%s: creator %d won, the object is of %d", name, c, got[0])
				}
			case !fault.Is(err, fault.Exists):
				t.Errorf("%s: %v", name, err)
			}
		}
		if winners != 1 {
			t.Errorf("%s: %d winners", name, winners)
		}
	}
}

func list(t *testing.T, b vault.Backend) {
	for _, name := range []string{"unit/b/head/2", "unit/a/seg/1", "unit/a-1/head/1", "unit/a/head/1", "unit/a/head/2", "vault", "unit/b/head/1"} {
		create(t, b, name, []byte(name))
	}
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          []string
	}{
		{"", "", 0, []string{"unit/a-1/head/1", "unit/a/head/1", "unit/a/head/2", "unit/a/seg/1", "unit/b/head/1", "unit/b/head/2", "vault"}},
		{"unit/a/", "", 0, []string{"unit/a/head/1", "unit/a/head/2", "unit/a/seg/1"}},
		{"unit/a/head/", "", 1, []string{"unit/a/head/1"}},
		{"unit/", "unit/a/head/1", 2, []string{"unit/a/head/2", "unit/a/seg/1"}},
		{"unit/", "unit/a0", 0, []string{"unit/b/head/1", "unit/b/head/2"}},
		{"unit/a/h", "", 0, []string{"unit/a/head/1", "unit/a/head/2"}},
		{"unit/c/", "", 0, nil},
	} {
		var got []string
		for o, err := range b.List(t.Context(), test.prefix, test.after, test.limit) {
			if err != nil {
				t.Fatal(err)
			}
			if o.Size != int64(len(o.Name)) {
				t.Errorf("%s has size %d", o.Name, o.Size)
			}
			got = append(got, o.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("prefix %q after %q limit %d:\n%s", test.prefix, test.after, test.limit, diff)
		}
	}
}

func remove(t *testing.T, b vault.Backend) {
	create(t, b, "unit/a/pin/1", []byte("x"))
	for range 2 {
		if err := b.Delete(t.Context(), "unit/a/pin/1"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := b.Read(t.Context(), "unit/a/pin/1", 0, -1); !fault.Is(err, fault.NotFound) {
		t.Errorf("read after delete: %v", err)
	}
	create(t, b, "unit/a/pin/1", []byte("y"))
}

func cancelled(t *testing.T, b vault.Backend) {
	create(t, b, "there", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, read := b.Read(ctx, "there", 0, -1)
	var listed error
	for _, err := range b.List(ctx, "", "", 0) {
		listed = errors.Join(listed, err)
	}
	for what, err := range map[string]error{
		"create": b.Create(ctx, "new", nil), "read": read, "list": listed, "delete": b.Delete(ctx, "there"),
	} {
		if !fault.Is(err, fault.Cancelled) && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := b.Read(t.Context(), "new", 0, -1); !fault.Is(err, fault.NotFound) {
		t.Errorf("created after the end: %v", err)
	}
	if _, err := b.Read(t.Context(), "there", 0, -1); err != nil {
		t.Errorf("deleted after the end: %v", err)
	}
}

func create(t *testing.T, b vault.Backend, name string, data []byte) {
	t.Helper()
	if err := b.Create(t.Context(), name, data); err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
}
