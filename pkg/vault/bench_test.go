package vault_test

import (
	"fmt"
	"math/rand"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/filesystem"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/corpus"
)

const benchMails = 50_000

func corpusItem(m corpus.Mail) vault.Item {
	return vault.Item{
		Meta:  vault.Meta{Ref: vault.Ref{Container: "inbox", ID: m.ID}, Kind: vault.KindMessage, Name: m.Subject, Columns: map[string]string{"from": m.From}},
		Parts: []vault.Part{{Name: "item", Data: m.Data}},
	}
}

func BenchmarkPlainLoop(b *testing.B) {
	mails := corpus.Mails(benchMails)
	for b.Loop() {
		if _, err := corpus.Plain(mails, filepath.Join(b.TempDir(), "plain"), 4); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*benchMails/b.Elapsed().Seconds(), "items/s")
}

func BenchmarkWrite(b *testing.B) {
	mails := corpus.Mails(benchMails)
	var stored int64
	for b.Loop() {
		stored = writeCorpus(b, newDisk(b), mails)
	}
	b.ReportMetric(float64(b.N)*benchMails/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(stored)/benchMails, "B-stored/item")
}

func BenchmarkRandomRead(b *testing.B) {
	mails := corpus.Mails(benchMails)
	v := newDisk(b)
	writeCorpus(b, v, mails)
	view, err := v.At(b.Context(), unit, 0)
	if err != nil {
		b.Fatal(err)
	}
	var seed atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		r := rand.New(rand.NewSource(seed.Add(1)))
		for pb.Next() {
			e, err := view.Lookup(b.Context(), vault.Ref{Container: "inbox", ID: mails[r.Intn(len(mails))].ID})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := view.Read(b.Context(), e, "item"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func newDisk(b *testing.B) *vault.Vault {
	store, err := filesystem.New(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return newBench(b).openOn(store)
}

func writeCorpus(b *testing.B, v *vault.Vault, mails []corpus.Mail) int64 {
	s, err := v.Begin(b.Context(), unit, vault.Run{ID: "run"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	work := make(chan corpus.Mail)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for m := range work {
				if _, err := s.Put(b.Context(), corpusItem(m)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, m := range mails {
		work <- m
	}
	close(work)
	workers.Wait()
	snapshot, err := s.Commit(b.Context(), vault.Outcome{})
	if err != nil {
		b.Fatal(fmt.Errorf("commit: %w", err))
	}
	return snapshot.Counts.BytesStored
}
