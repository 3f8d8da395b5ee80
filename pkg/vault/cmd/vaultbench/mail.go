package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/corpus"
)

// Ids of mail folders look like this one.
const inbox = "AAMkAGI2NGVhZTVlLTI1OGMtNDI4My05YmU5LTA5OGMxNWUxN2ZlYgAuAAAAAADh2sHOkZyGQqRPc8JUOwWyAQBrV0Dv5yXzRKX5Ht2p1Vw7AAAAAAEMAAA="

func item(m corpus.Mail) vault.Item {
	return vault.Item{
		Meta: vault.Meta{
			Ref: vault.Ref{Container: inbox, ID: m.ID}, Kind: vault.KindMessage, Name: m.Subject, Size: int64(len(m.Data)),
			Modified: time.Date(2024, 5, 1, 8, 30, 0, 0, time.UTC), Columns: map[string]string{"from": m.From},
		},
		Parts: []vault.Part{{Name: "item", Data: m.Data}},
	}
}

// measureMail writes the corpus, then a day's change, then reads items at random.
func measureMail(ctx context.Context, o options) ([]bar, error) {
	mails := corpus.Mails(o.items)
	raw := 0.0
	for _, m := range mails {
		raw += float64(len(m.Data))
	}
	var plain, ours, mailbox spent
	var plainBytes, oursBytes int64
	var s subject
	for round := range o.rounds {
		file := filepath.Join(o.dir, "plain")
		took, err := clock(func() (err error) { plainBytes, err = corpus.Plain(mails, file, o.goroutines); return err })
		if err = errors.Join(err, os.Remove(file)); err != nil {
			return nil, err
		}
		plain = best(plain, took)
		dir := filepath.Join(o.dir, fmt.Sprint("mail", round))
		if s, err = open(ctx, dir, 0); err != nil {
			return nil, err
		}
		if mailbox, err = clock(func() error { return write(ctx, s, "full", mails, o.goroutines) }); err != nil {
			return nil, err
		}
		oursBytes = s.store.written.Load()
		ours = best(ours, mailbox)
		if round < o.rounds-1 {
			if err := os.RemoveAll(dir); err != nil {
				return nil, err
			}
		}
	}
	usage, err := s.Usage(ctx, unit)
	if err != nil {
		return nil, err
	}
	n := float64(o.items)
	bars := []bar{
		{fmt.Sprintf("write %d mails against the plain loop", o.items), plain.wall.Seconds() / ours.wall.Seconds(), "x", 0.6, false,
			fmt.Sprintf("%.0f items/s; vault %.0f items/s", n/plain.wall.Seconds(), n/ours.wall.Seconds())},
		{"CPU against the plain loop", ours.cpu.Seconds() / plain.cpu.Seconds(), "x", 1.67, true,
			fmt.Sprintf("%.1f us/item; vault %.1f us/item", plain.cpu.Seconds()*1e6/n, ours.cpu.Seconds()*1e6/n)},
		{"stored share of the raw bytes (goal 0.2385)", float64(oursBytes) / raw, "", 0.26, true,
			fmt.Sprintf("%.1f MB; vault %.1f of %.1f MB: content %.1f, catalog %.1f", float64(plainBytes)/1e6, float64(oursBytes)/1e6, raw/1e6,
				float64(usage.Content)/1e6, float64(usage.Catalog)/1e6)},
	}
	more, err := measureDay(ctx, s, o)
	if err != nil {
		return nil, err
	}
	reading, err := measureReads(ctx, mails, o)
	return append(append(bars, more...), reading...), err
}

func best(so, now spent) spent {
	if so.wall == 0 {
		return now
	}
	return spent{min(so.wall, now.wall), min(so.cpu, now.cpu)}
}

// write backs the mails up in one run.
func write(ctx context.Context, s subject, run string, mails []corpus.Mail, goroutines int) error {
	session, err := s.Begin(ctx, unit, vault.Run{ID: run})
	if err != nil {
		return err
	}
	defer session.Close()
	work := make(chan corpus.Mail, 4*goroutines)
	results := make([]error, goroutines)
	var workers sync.WaitGroup
	for i := range results {
		workers.Go(func() {
			for m := range work {
				if _, err := session.Put(ctx, item(m)); err != nil {
					results[i] = err
				}
			}
		})
	}
	for _, m := range mails {
		work <- m
	}
	close(work)
	workers.Wait()
	if err := errors.Join(results...); err != nil {
		return err
	}
	_, err = session.Commit(ctx, vault.Outcome{})
	return err
}

// measureDay backs up 100 changed mails, several times; the best counts.
func measureDay(ctx context.Context, s subject, o options) ([]bar, error) {
	const changed = 100
	changes := corpus.Changed(changed * (o.rounds + 2))
	total, cpu := int64(1<<62), time.Hour
	for round := range o.rounds + 2 {
		before := s.store.written.Load()
		took, err := clock(func() error {
			return write(ctx, s, fmt.Sprint("day", round), changes[round*changed:(round+1)*changed], 1)
		})
		if err != nil {
			return nil, err
		}
		total, cpu = min(total, s.store.written.Load()-before), min(cpu, took.cpu)
	}
	content, err := contentBytes(ctx, s)
	if err != nil {
		return nil, err
	}
	return []bar{
		{"bytes for 100 changes, all", float64(total) / 1e3, "KB", 220, true, ""},
		{"bytes for 100 changes, besides content", float64(total-content) / 1e3, "KB", 30, true, fmt.Sprintf("content %.1f KB", float64(content)/1e3)},
		{"CPU for 100 changes", cpu.Seconds() * 1e3, "ms", 20, true, ""},
	}, nil
}

// contentBytes is how much of the last change is sealed blocks of content.
func contentBytes(ctx context.Context, s subject) (int64, error) {
	usage, err := s.Usage(ctx, unit)
	return usage.LastContent, err
}

// measureReads reads mails at random through a view, as a restore does.
func measureReads(ctx context.Context, mails []corpus.Mail, o options) ([]bar, error) {
	cold, err := open(ctx, filepath.Join(o.dir, fmt.Sprint("mail", o.rounds-1)), 64<<20)
	if err != nil {
		return nil, err
	}
	before := cold.store.reads.Load()
	view, err := cold.At(ctx, unit, 0)
	if err != nil {
		return nil, err
	}
	opening := cold.store.reads.Load() - before
	reads, cores := o.items/4, float64(runtime.GOMAXPROCS(0))
	var took spent
	for range o.rounds + 1 { // the first warms the catalog
		now, err := clock(func() error { return readAtRandom(ctx, view, mails, reads, o.goroutines) })
		if err != nil {
			return nil, err
		}
		took = best(took, now)
	}
	return []bar{
		{"reads to open a unit cold", float64(opening), "", 3, true, ""},
		{fmt.Sprintf("random item reads by CPU time on %.0f cores", cores), cores * float64(reads) / took.cpu.Seconds(), "/s", 25_000 * cores / 2, false,
			fmt.Sprintf("%.1f us each; %.0f/s by the clock", took.cpu.Seconds()*1e6/float64(reads), float64(reads)/took.wall.Seconds())},
	}, nil
}

func readAtRandom(ctx context.Context, view *vault.View, mails []corpus.Mail, reads, goroutines int) error {
	results := make([]error, goroutines)
	var workers sync.WaitGroup
	for g := range goroutines {
		workers.Go(func() {
			r := rand.New(rand.NewSource(int64(g)))
			for range reads / goroutines {
				m := mails[r.Intn(len(mails))]
				e, err := view.Lookup(ctx, vault.Ref{Container: inbox, ID: m.ID})
				if err == nil {
					var data []byte
					if data, err = view.Read(ctx, e, "item"); err == nil && len(data) != len(m.Data) {
						err = fmt.Errorf("%d bytes, want %d", len(data), len(m.Data))
					}
				}
				if err != nil {
					results[g] = err
					return
				}
			}
		})
	}
	workers.Wait()
	return errors.Join(results...)
}
