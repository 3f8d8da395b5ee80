package mailbox

import (
	"context"
	"runtime"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// Options of a run.
type Options struct {
	backup.Run
	Exclude []string // well-known or display names of folders
}

// lanes is how many folders are read at a time: as many calls as Exchange takes for one mailbox.
// https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
const lanes = 4

type run struct {
	source   Source
	sink     backup.Sink
	options  Options
	progress *backup.Progress
	crew     *backup.Crew
	first    bool // nothing is stored yet

	mu       sync.Mutex
	read     int     // folders that were
	troubles []error // folders that were not, for reasons that may pass
}

// Back backs up a mailbox into a sink. What it returns concerns all of the run; the caller commits
// what is in the sink if it is nil, and keeps a checkpoint of it otherwise.
func Back(ctx context.Context, source Source, sink backup.Sink, options Options, progress *backup.Progress) error {
	r := &run{source: source, sink: sink, options: options, progress: progress, first: true}
	r.crew = backup.NewCrew(ctx, runtime.GOMAXPROCS(0))
	err := r.all(r.crew.Context())
	if crewErr := r.crew.Close(); crewErr != nil {
		return crewErr // the first error; others follow from it
	}
	return err
}

func (r *run) all(ctx context.Context) error {
	folders, err := r.tree(ctx)
	if err != nil {
		return err
	}
	if err := r.retry(ctx, folders); err != nil {
		return err
	}
	if err := r.folders(ctx, folders); err != nil {
		return err
	}
	return r.judge()
}

// folders reads folders, some at a time.
func (r *run) folders(ctx context.Context, folders []Folder) error {
	next := make(chan Folder)
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var group sync.WaitGroup
	for range min(lanes, len(folders)) {
		group.Go(func() {
			for folder := range next {
				if err := r.one(ctx, folder); err != nil {
					fail(err)
				}
			}
		})
	}
	for _, folder := range folders {
		if ctx.Err() != nil {
			break
		}
		select {
		case next <- folder:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// one reads a folder. An error ends the run; what concerns the folder alone is noted.
func (r *run) one(ctx context.Context, folder Folder) error {
	err := r.folder(ctx, folder)
	if err == nil {
		r.mu.Lock()
		r.read++
		r.mu.Unlock()
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ref := backup.Ref{Container: backup.Root, ID: string(folder.ID)}
	switch fault.KindOf(err) {
	case fault.NotFound: // it was deleted while it was read
		return r.drop(ctx, ref.ID)
	case fault.Transient, fault.Resync:
		if !r.options.Lenient {
			r.mu.Lock()
			r.troubles = append(r.troubles, err)
			r.mu.Unlock()
			return nil
		}
		r.progress.Failed.Add(1)
		return r.sink.Fail(ctx, ref, fault.KindOf(err), reason("folder", err))
	case fault.Invalid, fault.Unsupported:
		r.progress.Failed.Add(1)
		return r.sink.Fail(ctx, ref, fault.KindOf(err), reason("folder", err))
	default:
		return err
	}
}

// judge ends a run whose folders could not all be read for reasons that may pass: what was read is
// kept, and the rest is tried again later.
func (r *run) judge() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.troubles) > 0 {
		return r.troubles[0]
	}
	return nil
}
