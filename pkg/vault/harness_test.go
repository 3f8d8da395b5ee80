package vault_test

import (
	"context"
	"fmt"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/memory"
)

const unit vault.UnitID = "unit-1"

// bench is a vault whose store can be looked at, and opened again as another process would.
type bench struct {
	t     testing.TB
	store *memory.Backend
	keys  vault.Keys
}

func newBench(t testing.TB) *bench {
	t.Helper()
	keys, err := localkeys.Open(t.Context(), localkeys.Config{KeyFile: filepath.Join(t.TempDir(), "tenant.key"), Backend: memory.New()})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, store: memory.New(), keys: keys.For("v")}
}

func (b *bench) open() *vault.Vault { return b.openOn(b.store) }

func (b *bench) openOn(store vault.Backend) *vault.Vault {
	b.t.Helper()
	v, err := vault.Open(b.t.Context(), vault.Config{ID: "v", Backend: store, Keys: b.keys})
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b *bench) begin(v *vault.Vault, run string) *vault.Session {
	b.t.Helper()
	s, err := v.Begin(b.t.Context(), unit, vault.Run{ID: run, Record: []byte("mailbox")})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) commit(s *vault.Session) vault.Snapshot {
	b.t.Helper()
	snapshot, err := s.Commit(b.t.Context(), vault.Outcome{})
	if err != nil {
		b.t.Fatal(err)
	}
	return snapshot
}

func (b *bench) put(s *vault.Session, items ...vault.Item) {
	b.t.Helper()
	for _, item := range items {
		if _, err := s.Put(b.t.Context(), item); err != nil {
			b.t.Fatal(err)
		}
	}
}

// message is a mail-like item; its content depends on every argument.
func message(folder string, n, version, size int) vault.Item {
	r := rand.New(rand.NewSource(int64(n*1000 + version)))
	body := new(strings.Builder)
	for body.Len() < size {
		fmt.Fprintf(body, `<p class=\"x\">word%d of text %d</p>`, r.Intn(500), r.Intn(100000))
	}
	data := fmt.Appendf(nil, `{"id":"%s-%d","isRead":%v,"subject":"Subject %d","body":{"contentType":"html","content":"%s"},"to":[%d]}`,
		folder, n, version%2 == 0, n, body, version)
	return vault.Item{
		Meta: vault.Meta{
			Ref: vault.Ref{Container: folder, ID: fmt.Sprintf("item-%05d", n)}, Kind: vault.KindMessage, Name: fmt.Sprintf("Subject %d", n),
			Size: int64(len(data)), Modified: time.Date(2026, 1, 1, 0, n, version, 0, time.UTC),
			Columns: map[string]string{"from": fmt.Sprintf("sender%d@contoso.example", n%7)}, Attributes: []byte{byte(version)},
		},
		Parts: []vault.Part{{Name: "item", Data: data}},
	}
}

func folder(id string) vault.Item {
	return vault.Item{Meta: vault.Meta{Ref: vault.Ref{Container: vault.Root, ID: id}, Kind: vault.KindFolder, Name: strings.ToUpper(id)}}
}

// kept is an item as it comes back, with its content.
type kept struct {
	Meta  vault.Meta
	Parts map[string]string
}

// contents reads a whole snapshot through the restore path.
func contents(t testing.TB, v *vault.Vault, seq uint64) map[vault.Ref]kept {
	t.Helper()
	view, err := v.At(t.Context(), unit, seq)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, view)
}

func read(t testing.TB, view *vault.View) map[vault.Ref]kept {
	t.Helper()
	all := map[vault.Ref]kept{}
	for e, err := range view.Walk(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[e.Ref]; twice {
			t.Fatalf("%v is there twice", e.Ref)
		}
		k := kept{Meta: e.Meta, Parts: map[string]string{}}
		for _, p := range e.Parts {
			data, err := view.Read(t.Context(), e, p.Name)
			if err != nil {
				t.Fatal(err)
			}
			k.Parts[p.Name] = string(data)
		}
		all[e.Ref] = k
	}
	return all
}

// want is what items should come back as.
func want(items ...vault.Item) map[vault.Ref]kept {
	all := map[vault.Ref]kept{}
	for _, item := range items {
		k := kept{Meta: item.Meta, Parts: map[string]string{}}
		for _, p := range item.Parts {
			k.Parts[p.Name] = string(p.Data)
		}
		all[item.Ref] = k
	}
	return all
}

func same(t testing.TB, what string, want, got map[vault.Ref]kept) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		if len(diff) > 2000 {
			diff = diff[:2000]
		}
		t.Fatalf("%s:\n%s", what, diff)
	}
}

func names(t testing.TB, store vault.Backend) []string {
	t.Helper()
	var list []string
	for o, err := range store.List(context.Background(), "", "", 0) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, o.Name)
	}
	return list
}
