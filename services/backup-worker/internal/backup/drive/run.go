package drive

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// container is where all items of a drive are.
const container = "drive"

// downloads is how many files are read at a time. SharePoint counts requests, not connections; more
// would only make the pages of one drive larger in memory.
const downloads = 8

// resyncs bounds how often Graph may forget a link during a run.
const resyncs = 3

type run struct {
	source   Source
	sink     backup.Sink
	options  Options
	progress *backup.Progress
	crew     *backup.Crew
	root     m365.ItemID // the root folder, which nobody sees

	mu      sync.Mutex
	deleted map[string]bool // folders that were deleted in this run
}

// position is where the reading of the drive stands.
type position struct {
	backup.Position
	Drive  m365.DriveID `json:"drive,omitempty"`
	Root   m365.ItemID  `json:"root,omitempty"`
	Policy string       `json:"policy,omitempty"`
}

func (p position) marshal() []byte {
	data, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and booleans always marshal
	}
	return data
}

// Back backs up a drive into a sink. What it returns concerns all of the run; the caller commits
// what is in the sink if it is nil, and keeps a checkpoint of it otherwise.
func Back(ctx context.Context, source Source, sink backup.Sink, options Options, progress *backup.Progress) error {
	r := &run{source: source, sink: sink, options: options, progress: progress, deleted: map[string]bool{}}
	r.crew = backup.NewCrew(ctx, downloads)
	err := r.all(r.crew.Context())
	if crewErr := r.crew.Close(); crewErr != nil {
		return crewErr // the first error; others follow from it
	}
	return err
}

func (r *run) all(ctx context.Context) error {
	at, err := r.position(ctx)
	if err != nil {
		return err
	}
	if err := r.retry(ctx); err != nil {
		return err
	}
	for try := 0; ; try++ {
		err := r.changes(ctx, at)
		if try == resyncs || !fault.Is(err, fault.Resync) && !fault.Is(err, fault.NotFound) {
			return err
		}
		if fault.Is(err, fault.NotFound) { // the user has another drive by now, or none
			if at.Drive, at.Root, err = r.source.Find(ctx); err != nil {
				return err
			}
			r.root = at.Root
		}
		at.Link, at.Again = "", true
	}
}

// position is where to read on, and in which drive.
func (r *run) position(ctx context.Context) (position, error) {
	link, err := r.sink.Link(ctx, container)
	if err != nil {
		return position{}, err
	}
	var at position
	if link != nil {
		if err := json.Unmarshal(link, &at); err != nil {
			return position{}, fault.As(fault.Internal, "read position", err)
		}
	}
	if at.Drive == "" {
		if at.Drive, at.Root, err = r.source.Find(ctx); err != nil {
			return position{}, err
		}
	} else {
		r.source.Use(at.Drive)
	}
	r.root = at.Root
	if at.Policy != r.options.policy() || at.Again || r.options.Full && at.Run != r.options.ID {
		at.Link = ""
	}
	at.Policy = r.options.policy()
	if r.options.Full {
		at.Run = r.options.ID
	}
	if at.Again = false; at.Link == "" {
		at.Again, err = r.stored(ctx)
	}
	return at, err
}

// stored tells whether anything is.
func (r *run) stored(ctx context.Context) (bool, error) {
	for _, err := range r.sink.Items(ctx, container) {
		return err == nil, err
	}
	return false, nil
}

// retry tries the files that failed in earlier runs.
func (r *run) retry(ctx context.Context) error {
	for _, ref := range r.sink.Failures() {
		if ref.Container != container {
			continue
		}
		c, err := r.source.Item(ctx, m365.ItemID(ref.ID))
		switch {
		case fault.Is(err, fault.NotFound):
			err = r.sink.Delete(ctx, ref)
		case err == nil:
			err = r.store(ctx, c)
		case alone(err):
			err = r.fail(ctx, c, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
