// Package vaultsink is the vault as a backup writes it: one session on one unit.
package vaultsink

import (
	"context"
	"iter"
	"strings"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/backup"
)

// Sink writes into a session.
type Sink struct {
	session  *vault.Session
	progress *backup.Progress
	began    *vault.View
}

var _ backup.Sink = (*Sink)(nil)

// New returns a sink over a session that was just begun.
func New(session *vault.Session, progress *backup.Progress) *Sink {
	return &Sink{session: session, progress: progress, began: session.View()}
}

// Put stores an item. A stream that broke, or ended elsewhere than it said, concerns the item only.
func (s *Sink) Put(ctx context.Context, item backup.Item) error {
	_, err := s.session.Put(ctx, itemOf(item))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.over(err) {
		return err
	}
	s.progress.Failed.Add(1)
	return s.session.Fail(ctx, refOf(item.Ref), fault.KindOf(err), "it cannot be read: "+fault.Sentence(err))
}

// over tells whether an error of a Put ends the run: what the vault says of itself does, and what
// Graph says of the whole mailbox or drive; a stream that broke is the item's own trouble.
func (s *Sink) over(err error) bool {
	if s.session.Err() != nil || strings.HasPrefix(fault.ReasonOf(err), "VAULT_") {
		return true
	}
	switch fault.KindOf(err) {
	case fault.Exhausted, fault.Throttled, fault.Cancelled:
		return true
	default:
		return false
	}
}

// Delete removes an item.
func (s *Sink) Delete(ctx context.Context, ref backup.Ref) error {
	_, err := s.session.Delete(ctx, refOf(ref))
	return err
}

// DeleteContainer removes all items of a container and its link.
func (s *Sink) DeleteContainer(ctx context.Context, container string) error {
	_, err := s.session.DeleteContainer(ctx, container)
	return err
}

// Fail puts an item on record as failed.
func (s *Sink) Fail(ctx context.Context, ref backup.Ref, kind fault.Kind, reason string) error {
	return s.session.Fail(ctx, refOf(ref), kind, reason)
}

// Link returns what was kept for a container.
func (s *Sink) Link(ctx context.Context, container string) ([]byte, error) {
	return s.session.Link(ctx, container)
}

// SetLink keeps bytes for a container.
func (s *Sink) SetLink(ctx context.Context, container string, link []byte) error {
	return s.session.SetLink(ctx, container, link)
}

// Failures are the items on record as failed.
func (s *Sink) Failures() []backup.Ref {
	failures := s.session.Failures()
	refs := make([]backup.Ref, len(failures))
	for i, f := range failures {
		refs[i] = backup.Ref(f.Ref)
	}
	return refs
}

// Items yields what a container holds now.
func (s *Sink) Items(ctx context.Context, container string) iter.Seq2[backup.Stored, error] {
	return func(yield func(backup.Stored, error) bool) {
		for entry, err := range s.session.View().Items(ctx, container, "") {
			stored := backup.Stored{}
			if err == nil {
				stored, err = storedOf(entry)
			}
			if !yield(stored, err) || err != nil {
				return
			}
		}
	}
}

// Lookup finds an item as it was when the run began.
func (s *Sink) Lookup(ctx context.Context, ref backup.Ref) (backup.Stored, bool, error) {
	entry, err := s.began.Lookup(ctx, refOf(ref))
	if fault.Is(err, fault.NotFound) {
		return backup.Stored{}, false, nil
	}
	if err != nil {
		return backup.Stored{}, false, err
	}
	stored, err := storedOf(entry)
	return stored, err == nil, err
}
