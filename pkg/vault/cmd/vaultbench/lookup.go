package main

import (
	"context"
	"fmt"
	"math/rand"
	"path/filepath"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// measureLookup finds one item among many.
func measureLookup(ctx context.Context, o options) ([]bar, error) {
	s, err := open(ctx, filepath.Join(o.dir, "rows"), 0)
	if err != nil {
		return nil, err
	}
	session, err := s.Begin(ctx, unit, vault.Run{ID: "rows"})
	if err != nil {
		return nil, err
	}
	defer session.Close()
	took, err := clock(func() error { return putRows(ctx, session, o.rows) })
	if err != nil {
		return nil, err
	}
	view, err := s.At(ctx, unit, 0)
	if err != nil {
		return nil, err
	}
	const lookups = 2000
	r := rand.New(rand.NewSource(1))
	worst, begun := time.Duration(0), time.Now()
	for i := range lookups {
		at := time.Now()
		if _, err := view.Lookup(ctx, rowRef(r.Intn(o.rows))); err != nil {
			return nil, err
		}
		if i >= lookups/2 { // the first half warms the catalog
			worst = max(worst, time.Since(at))
		}
	}
	mean := time.Since(begun) / lookups
	return []bar{{fmt.Sprintf("lookup of one item among %d, mean", o.rows), mean.Seconds() * 1e3, "ms", 5, true,
		fmt.Sprintf("worst %.2f ms; %.0f rows/s written, %.1f B a row", worst.Seconds()*1e3, float64(o.rows)/took.wall.Seconds(), float64(s.store.written.Load())/float64(o.rows))}}, nil
}

func rowRef(n int) vault.Ref {
	return vault.Ref{Container: inbox, ID: fmt.Sprintf("AAMkAGI2%016x%016x", uint64(n)*0x9e3779b97f4a7c15, n)}
}

func putRows(ctx context.Context, session *vault.Session, rows int) error {
	for n := range rows {
		item := vault.Item{Meta: vault.Meta{Ref: rowRef(n), Kind: vault.KindFile, Name: fmt.Sprintf("Report %d.docx", n), Size: int64(n)}}
		if _, err := session.Put(ctx, item); err != nil {
			return err
		}
	}
	_, err := session.Commit(ctx, vault.Outcome{})
	return err
}
