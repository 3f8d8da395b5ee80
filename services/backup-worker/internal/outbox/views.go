package outbox

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/state"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// Views are what lists, filters and hints are made from: this service's kinds, and those of others
// that it has to know.
type Views struct {
	Profiles  *state.Projection[*backupv1.Profile]
	Resources *state.Projection[*backupv1.Resource]
	Jobs      *state.Projection[*backupv1.Job]
	Users     *state.Projection[*directoryv1.User]
	Restores  *state.Projection[*restorev1.Restore]
}

// NewViews makes the views of a book.
func NewViews(book *Book, store state.Store) *Views {
	return &Views{
		Profiles:  state.NewProjection(book.profiles, state.Filter{}),
		Resources: state.NewProjection(book.resources, state.Filter{}),
		Jobs:      state.NewProjection(book.jobs, state.Filter{}),
		Users:     state.NewProjection(state.NewEntities(store, state.KindUser, (*directoryv1.User)(nil)), state.Filter{}),
		Restores:  state.NewProjection(state.NewEntities(store, state.KindRestore, (*restorev1.Restore)(nil)), state.Filter{}),
	}
}

// Run keeps the views up to date until ctx ends.
func (v *Views) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range []func(context.Context) error{v.Profiles.Run, v.Resources.Run, v.Jobs.Run, v.Users.Run, v.Restores.Run} {
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}

// Ready waits until everything that was there at the start can be seen.
func (v *Views) Ready(ctx context.Context) error {
	for _, ready := range []<-chan struct{}{v.Profiles.Ready(), v.Resources.Ready(), v.Jobs.Ready(), v.Users.Ready(), v.Restores.Ready()} {
		select {
		case <-ready:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
