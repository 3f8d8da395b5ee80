package vault_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "vault-example")
	check(err)
	defer os.RemoveAll(dir)

	objects, err := filesystem.New(filepath.Join(dir, "vault"))
	check(err)
	wrapped, err := filesystem.New(filepath.Join(dir, "keys"))
	check(err)
	keys, err := localkeys.Open(ctx, localkeys.Config{KeyFile: filepath.Join(dir, "tenant.key"), Backend: wrapped})
	check(err)
	v, err := vault.Open(ctx, vault.Config{ID: "contoso", Backend: objects, Keys: keys.For("contoso")})
	check(err)

	session, err := v.Begin(ctx, "mailbox-1", vault.Run{ID: "run-1"})
	check(err)
	defer session.Close()
	_, err = session.Put(ctx, vault.Item{
		Meta:  vault.Meta{Ref: vault.Ref{Container: "inbox", ID: "1"}, Kind: vault.KindMessage, Name: "Hello"},
		Parts: []vault.Part{{Name: "item", Data: []byte(`{"subject":"Hello"}`)}},
	})
	check(err)
	check(session.SetLink(ctx, "inbox", []byte("where the next run goes on")))
	snapshot, err := session.Commit(ctx, vault.Outcome{})
	check(err)

	view, err := v.At(ctx, "mailbox-1", snapshot.Seq)
	check(err)
	for entry, err := range view.Search(ctx, "hell") {
		check(err)
		data, err := view.Read(ctx, entry, "item")
		check(err)
		fmt.Printf("%s/%s: %s\n", entry.Container, entry.ID, data)
	}
	// Output: inbox/1: {"subject":"Hello"}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
