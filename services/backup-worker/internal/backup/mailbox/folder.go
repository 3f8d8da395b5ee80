package mailbox

import (
	"context"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// resyncs bounds how often Graph may forget a link while a folder is read.
const resyncs = 3

// folder brings the container of a folder up to date.
func (r *run) folder(ctx context.Context, folder Folder) error {
	container := string(folder.ID)
	at, err := r.position(ctx, container)
	if err != nil {
		return err
	}
	for try := 0; ; try++ {
		err = r.changes(ctx, folder, at)
		if !fault.Is(err, fault.Resync) || try == resyncs {
			return err
		}
		at = backup.Position{Again: true, Run: at.Run}
	}
}

// position is where to read on. What has no usable link is read from the start, and if something is
// stored already, what does not come by again is deleted.
func (r *run) position(ctx context.Context, container string) (backup.Position, error) {
	link, err := r.sink.Link(ctx, container)
	if err != nil {
		return backup.Position{}, err
	}
	at, known, err := backup.ParsePosition(link)
	if err != nil {
		return backup.Position{}, err
	}
	if r.options.Full && at.Run != r.options.ID {
		at, known = backup.Position{}, false
	}
	if known && at.Link != "" && !at.Again {
		return at, nil
	}
	stored, err := r.stored(ctx, container)
	at = backup.Position{Again: stored}
	if r.options.Full {
		at.Run = r.options.ID
	}
	return at, err
}

// stored tells whether a container holds anything.
func (r *run) stored(ctx context.Context, container string) (bool, error) {
	for _, err := range r.sink.Items(ctx, container) {
		return err == nil, err
	}
	return false, nil
}

// reading is one pass over the changes of a folder.
type reading struct {
	run       *run
	container string
	at        backup.Position // as it is kept between pages
	seen      *backup.Seen    // nil if nothing will be swept
	page      *page
}

// page is what has to be stored before the page's link may be.
type page struct {
	puts sync.WaitGroup
	mime []Change // copies; their MIME is read when the page is over
	next string
}

// changes reads a folder from a position to the end.
func (r *run) changes(ctx context.Context, folder Folder, at backup.Position) error {
	reading := &reading{run: r, container: string(folder.ID), at: at, page: &page{}}
	link := at.Link
	if at.Again {
		reading.seen, link = backup.NewSeen(), ""
		// Whoever goes on after a crash must not take what is stored for complete.
		if err := r.sink.SetLink(ctx, reading.container, backup.Position{Again: true, Run: at.Run}.Marshal()); err != nil {
			return err
		}
	}
	ended, err := reading.pages(ctx, folder, link)
	if err != nil {
		return err
	}
	if err := reading.sweep(ctx); err != nil {
		return err
	}
	return r.sink.SetLink(ctx, reading.container, backup.Position{Link: ended, Again: ended == "", Run: at.Run}.Marshal())
}

// pages reads page by page. The links are kept by a goroutine of their own, so that the next page
// is on its way while the last one is still being stored.
func (r *reading) pages(ctx context.Context, folder Folder, link string) (ended string, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	full := make(chan *page) // unbuffered: at most two pages of a folder are in memory
	var keeper sync.WaitGroup
	keeper.Go(func() {
		for p := range full {
			if err := r.keep(ctx, p); err != nil {
				fail(err)
			}
		}
	})
	ended, err = r.run.source.Changes(ctx, folder.ID, link, func(c Change) error { return r.take(ctx, c) }, func(next string) error {
		if err := r.finish(ctx); err != nil {
			return err
		}
		done := r.page
		done.next, r.page = next, &page{}
		select {
		case full <- done:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
	if err == nil {
		err = r.finish(ctx)
	}
	close(full)
	keeper.Wait()
	r.page.puts.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err == nil {
		err = r.run.crew.Err()
	}
	return ended, err
}

// keep keeps the link of a page once the page is stored.
func (r *reading) keep(ctx context.Context, p *page) error {
	p.puts.Wait()
	if err := r.run.crew.Err(); err != nil || r.seen != nil {
		return err // a reading from the start begins anew after a crash: it has to see everything
	}
	return r.run.sink.SetLink(ctx, r.container, backup.Position{Link: p.next, Run: r.at.Run}.Marshal())
}

// sweep deletes what did not come by.
func (r *reading) sweep(ctx context.Context) error {
	if r.seen == nil {
		return nil
	}
	for stored, err := range r.run.sink.Items(ctx, r.container) {
		if err == nil && !r.seen.Has(stored.ID) {
			err = r.run.sink.Delete(ctx, stored.Ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
