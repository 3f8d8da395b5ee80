package dispatch

import (
	"context"
	"hash/fnv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// FanOut turns a schedule that fired into jobs.
type FanOut struct {
	book  *outbox.Book
	views *outbox.Views
}

// NewFanOut returns a fan-out over the resources in the views.
func NewFanOut(book *outbox.Book, views *outbox.Views) *FanOut {
	return &FanOut{book: book, views: views}
}

// How far the jobs of one schedule are spread: a little per resource, so that few of them start at
// once, and never so long that a person thinks the schedule is late.
const (
	spreadEach = 2 * time.Second
	spreadMost = 10 * time.Minute
	atOnce     = 16 // jobs that are written at a time; the server syncs them together
)

// Fire queues a backup of everything that the profile protects.
func (f *FanOut) Fire(ctx context.Context, due jobs.Due) error {
	profile, ours := profileOf(due)
	if !ours {
		return fault.New(fault.Invalid, "fire schedule", "schedule "+due.Name+" is not of a profile")
	}
	protected, _ := f.views.Resources.Page("", "", 0, func(resource outbox.Resource) bool { return resource.Value.GetProfile() == names.Profile(profile) })
	window := min(time.Duration(len(protected)-1)*spreadEach, spreadMost)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, resource := range protected {
		group.Go(func() error {
			_, err := f.book.RequestBackup(ctx, resource.Key.Connection, m365.ResourceID(resource.Key.ID), outbox.Request{
				Queue: jobs.Scheduled, Origin: state.Origin{Cause: "schedule", Actor: outbox.Service}, NotBefore: due.Time.Add(jitter(resource.Key.ID, window)),
			})
			if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Precondition) {
				return nil // it is not protected any more
			}
			return err
		})
	}
	return group.Wait()
}

// jitter is where in the window a resource has its place: the same each time, so that its backups
// are evenly apart.
func jitter(resource string, window time.Duration) time.Duration {
	if window <= 0 {
		return 0
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(resource)) // never fails
	return time.Duration(hash.Sum64() % uint64(window))
}
