package drive

import (
	"bytes"
	"context"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// reading is one pass over the changes of the drive.
type reading struct {
	run  *run
	at   position
	seen *backup.Seen // nil if nothing will be swept
	page *page
}

// page is what has to be stored before the page's link may be kept.
type page struct {
	items []Change
	index map[m365.ItemID]int // of the last version of each
	puts  sync.WaitGroup
	next  string
}

func newPage() *page { return &page{index: map[m365.ItemID]int{}} }

// changes reads the drive from a position to the end.
func (r *run) changes(ctx context.Context, at position) error {
	reading := &reading{run: r, at: at, page: newPage()}
	if at.Again {
		reading.seen = backup.NewSeen()
		// Whoever goes on after a crash must not take what is stored for complete.
		at.Link = ""
		if err := r.sink.SetLink(ctx, container, at.marshal()); err != nil {
			return err
		}
	}
	ended, err := reading.pages(ctx, at.Link)
	if err != nil {
		return err
	}
	if err := reading.sweep(ctx); err != nil {
		return err
	}
	at.Link, at.Again = ended, false
	return r.sink.SetLink(ctx, container, at.marshal())
}

// pages reads page by page. The links are kept by a goroutine of their own, so that the next page
// is on its way while files of the last one are still being downloaded.
func (r *reading) pages(ctx context.Context, link string) (ended string, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	full := make(chan *page) // unbuffered: at most two pages are in memory
	var keeper sync.WaitGroup
	keeper.Go(func() {
		for p := range full {
			if err := r.keep(ctx, p); err != nil {
				fail(err)
			}
		}
	})
	ended, err = r.run.source.Changes(ctx, link, r.take, func(next string) error {
		done := r.page
		done.next, r.page = next, newPage()
		if err := r.give(done); err != nil {
			return err
		}
		select {
		case full <- done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err == nil {
		err = r.give(r.page)
	}
	close(full)
	keeper.Wait()
	r.page.puts.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return ended, err
}

// take notes one change. The page is read to its end before anything is done about it: a download
// takes long, and a response that nobody reads is cut off.
func (r *reading) take(c Change) error {
	c.JSON = bytes.Clone(c.JSON)
	if at, twice := r.page.index[c.ID]; twice {
		r.page.items[at] = c
		return nil
	}
	r.page.index[c.ID] = len(r.page.items)
	r.page.items = append(r.page.items, c)
	return nil
}

// give has the items of a page stored.
func (r *reading) give(p *page) error {
	for _, c := range p.items {
		if c.Deleted || r.run.options.excludes(c) {
			r.seen.Remove(string(c.ID))
		} else {
			r.seen.Add(string(c.ID))
		}
		if err := r.run.crew.Give(string(c.ID), &p.puts, func(ctx context.Context) error { return r.run.store(ctx, c) }); err != nil {
			return err
		}
	}
	p.items, p.index = nil, nil
	return nil
}

// keep keeps the link of a page once the page is stored.
func (r *reading) keep(ctx context.Context, p *page) error {
	p.puts.Wait()
	if err := r.run.crew.Err(); err != nil || r.seen != nil {
		return err // a reading from the start begins anew after a crash: it has to see everything
	}
	at := r.at
	at.Link, at.Again = p.next, false
	return r.run.sink.SetLink(ctx, container, at.marshal())
}

// sweep deletes what did not come by, and what was in folders that are deleted.
func (r *reading) sweep(ctx context.Context) error {
	gone := func(stored backup.Stored) bool { return !r.seen.Has(stored.ID) }
	if r.seen == nil {
		if len(r.run.deleted) == 0 {
			return nil
		}
		below, err := r.run.belowDeleted(ctx)
		if err != nil {
			return err
		}
		gone = below
	}
	for stored, err := range r.run.sink.Items(ctx, container) {
		if err == nil && gone(stored) {
			err = r.run.sink.Delete(ctx, stored.Ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// belowDeleted tells of an item whether one of the folders above it was deleted in this run.
func (r *run) belowDeleted(ctx context.Context) (func(backup.Stored) bool, error) {
	parents := map[string]string{}
	for stored, err := range r.sink.Items(ctx, container) {
		if err != nil {
			return nil, err
		}
		if stored.Kind == backup.Folder {
			parents[stored.ID] = stored.Parent
		}
	}
	return func(stored backup.Stored) bool {
		folder := stored.Parent
		for range len(parents) + 1 { // no deeper than there are folders, whatever the parents say
			if r.deleted[folder] {
				return true
			}
			parent, known := parents[folder]
			if !known {
				return false
			}
			folder = parent
		}
		return false
	}, nil
}
