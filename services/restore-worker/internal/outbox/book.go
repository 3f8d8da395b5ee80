package outbox

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// Restore is a restore with its place in history.
type Restore = state.Entity[*restorev1.Restore]

// Book is the restores in state.
type Book struct {
	restores *state.Entities[*restorev1.Restore]
	now      func() time.Time
}

// NewBook opens the book.
func NewBook(store state.Store) *Book {
	return &Book{
		restores: state.NewEntities(store, state.KindRestore, (*restorev1.Restore)(nil)),
		now:      func() time.Time { return time.Now().UTC() },
	}
}

// View returns a projection of all restores, to be run by the caller.
func (b *Book) View() *state.Projection[*restorev1.Restore] {
	return state.NewProjection(b.restores, state.Filter{})
}

// Service is the actor of what restore-worker does by itself.
const Service = "service:restore-worker"

func byItself(cause, id string) state.Origin {
	return state.Origin{Cause: cause, RunID: id, Actor: Service}
}

// Ended tells whether a restore is over.
func Ended(restore *restorev1.Restore) bool {
	switch restore.GetState() {
	case restorev1.RestoreState_RESTORE_STATE_QUEUED, restorev1.RestoreState_RESTORE_STATE_RUNNING:
		return false
	default:
		return true
	}
}

// Request writes a new restore. fault.Exists if there is one of that id.
func (b *Book) Request(ctx context.Context, connection m365.ConnectionID, id string, restore *restorev1.Restore, actor string) (Restore, error) {
	restore.State = restorev1.RestoreState_RESTORE_STATE_QUEUED
	restore.CreateTime = timestamppb.New(b.now())
	return b.restores.Create(ctx, connection, id, "restore-requested", restore, state.Origin{Cause: "command", RunID: id, Actor: actor})
}

// Get reads a restore.
func (b *Book) Get(ctx context.Context, connection m365.ConnectionID, id string) (Restore, error) {
	restore, err := b.restores.Get(ctx, connection, id)
	return restore, notThere(err, id)
}

func notThere(err error, id string) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	return fault.New(fault.NotFound, "find restore", fmt.Sprintf("there is no restore %q; they are forgotten after 90 days", id),
		fault.Reason("RESTORE_NOT_FOUND"), fault.Next("list the jobs: tenantkeep job list"))
}

// RequestCancel notes that somebody wants the end of a restore. One that nobody works on is over by that.
func (b *Book) RequestCancel(ctx context.Context, connection m365.ConnectionID, id, actor string) (Restore, error) {
	origin := state.Origin{Cause: "command", RunID: id, Actor: actor}
	restore, err := b.restores.Update(ctx, connection, id, origin, func(r *restorev1.Restore) (string, error) {
		if Ended(r) || r.GetCancelRequested() {
			return "", nil
		}
		r.CancelRequested = true
		if r.GetState() == restorev1.RestoreState_RESTORE_STATE_QUEUED {
			r.State, r.EndTime = restorev1.RestoreState_RESTORE_STATE_CANCELLED, timestamppb.New(b.now())
			return "restore-cancelled", nil
		}
		return "restore-cancel-requested", nil
	})
	return restore, notThere(err, id)
}
