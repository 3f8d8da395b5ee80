package archive

import (
	"context"
	"iter"

	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// place is what a snapshot knows of one id: what it holds, what failed, or both.
type place struct {
	entry   *vault.Entry
	failure *vault.Failure
}

// beside yields the ids of a container after one, in order, with what is held and what failed side by
// side. Both are sorted, so that nothing is read that is not yielded.
func beside(ctx context.Context, view *vault.View, container, after string) iter.Seq2[place, error] {
	return func(yield func(place, error) bool) {
		next, stop := iter.Pull2(view.FailuresIn(ctx, container, after))
		defer stop()
		failure, err, more := next()
		for entry, entryErr := range view.Items(ctx, container, after) {
			if entryErr != nil {
				yield(place{}, entryErr)
				return
			}
			for ; more && err == nil && failure.ID < entry.ID; failure, err, more = next() {
				failed := failure
				if !yield(place{failure: &failed}, nil) {
					return
				}
			}
			at := place{entry: &entry}
			if more && err == nil && failure.ID == entry.ID {
				failed := failure
				at.failure = &failed
				failure, err, more = next()
			}
			if err != nil {
				break
			}
			if !yield(at, nil) {
				return
			}
		}
		for ; more && err == nil; failure, err, more = next() {
			failed := failure
			if !yield(place{failure: &failed}, nil) {
				return
			}
		}
		if err != nil {
			yield(place{}, err)
		}
	}
}
