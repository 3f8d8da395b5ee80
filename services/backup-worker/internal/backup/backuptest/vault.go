// Package backuptest lets tests of backups write into a real vault, and read back what is in it.
package backuptest

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/localkeys"
	"github.com/tenantkeep/tenantkeep/pkg/vault/memory"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/vaultsink"
)

const unit vault.UnitID = "unit"

// Vault is a vault in memory with one unit.
type Vault struct {
	t testing.TB
	v *vault.Vault
}

// New returns an empty vault.
func New(t testing.TB) *Vault {
	t.Helper()
	keys, err := localkeys.Open(t.Context(), localkeys.Config{KeyFile: filepath.Join(t.TempDir(), "key"), Backend: memory.New()})
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Config{ID: "v", Backend: memory.New(), Keys: keys.For("v")})
	if err != nil {
		t.Fatal(err)
	}
	return &Vault{t, v}
}

// Ending says what becomes of a run that failed.
type Ending int

// The endings.
const (
	Killed Ending = iota // nothing is kept but what checkpoints hold
	Saved                // a last checkpoint is made, as at a shutdown
)

// Run does a run, and commits it if it succeeds.
func (v *Vault) Run(id string, ending Ending, back func(ctx context.Context, sink backup.Sink, progress *backup.Progress) error) (vault.Snapshot, error) {
	v.t.Helper()
	ctx := v.t.Context()
	session, err := v.v.Begin(ctx, unit, vault.Run{ID: id})
	v.must(err)
	defer func() { _ = session.Close() }()
	progress := &backup.Progress{}
	if err := back(ctx, vaultsink.New(session, progress), progress); err != nil {
		if ending == Saved {
			v.must(session.Checkpoint(ctx))
		}
		return vault.Snapshot{}, err
	}
	snapshot, err := session.Commit(ctx, vault.Outcome{})
	v.must(err)
	return snapshot, nil
}

// Contents is every item of the newest snapshot: container/id to its name, parent and parts.
func (v *Vault) Contents() map[string]string {
	v.t.Helper()
	ctx := v.t.Context()
	view, err := v.v.At(ctx, unit, 0)
	v.must(err)
	contents := map[string]string{}
	for entry, err := range view.Walk(ctx) {
		v.must(err)
		text := entry.Name + "<" + entry.Parent + ">"
		for _, part := range entry.Parts {
			data, err := view.Read(ctx, entry, part.Name)
			v.must(err)
			text += " " + part.Name + "=" + string(data)
		}
		contents[entry.Container+"/"+entry.ID] = text
	}
	return contents
}

// Failures are the items on record as failed in the newest snapshot.
func (v *Vault) Failures() map[string]string {
	v.t.Helper()
	view, err := v.v.At(v.t.Context(), unit, 0)
	v.must(err)
	failures := map[string]string{}
	for failure, err := range view.Failures(v.t.Context()) {
		v.must(err)
		failures[failure.Container+"/"+failure.ID] = failure.Kind
	}
	return failures
}

func (v *Vault) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
}
