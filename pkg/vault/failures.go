package vault

import (
	"context"
	"iter"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/row"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// Failures yields the items that had failed and were not made good by then.
func (w *View) Failures(ctx context.Context) iter.Seq2[Failure, error] {
	first := []byte{byte(row.Failure)}
	return w.failures(ctx, segment.Everything(first, row.After(first)))
}

// FailuresIn yields those of a container in the order of their ids, those after one id; "" for all.
// So they can be merged with [View.Items].
func (w *View) FailuresIn(ctx context.Context, container, after string) iter.Seq2[Failure, error] {
	first := row.Prefix(row.Failure, container)
	end := row.After(first)
	if after != "" {
		first = append(row.Key(row.Failure, container, after), 0)
	}
	return w.failures(ctx, segment.Everything(first, end))
}

func (w *View) failures(ctx context.Context, within segment.Range) iter.Seq2[Failure, error] {
	return func(yield func(Failure, error) bool) {
		for r, err := range w.rows(ctx, within) {
			if err != nil {
				yield(Failure{}, fault.Wrap("list failures", err))
				return
			}
			f, err := parseFailure(r)
			if err != nil {
				yield(f, damaged("list failures", err))
				return
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}
