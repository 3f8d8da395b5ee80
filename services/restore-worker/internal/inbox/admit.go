package inbox

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/outbox"
)

const (
	// reconcileEvery is how often everything that waits is looked at, whether anything changed or not.
	reconcileEvery = 30 * time.Second
	// overdueAfter is how long a restore may say nothing before its job counts as lost on the way:
	// far longer than a retry waits.
	overdueAfter = 20 * time.Minute
)

// Admitter puts restores that wait into the queue: the oldest of each target, whenever there is room.
// Several processes may do so at a time; the queue takes each but once.
type Admitter struct {
	view   *state.Projection[*restorev1.Restore]
	queue  *jobs.Queue
	log    *slog.Logger
	change chan struct{}
}

// NewAdmitter makes an admitter over a view that does not run yet.
func NewAdmitter(view *state.Projection[*restorev1.Restore], queue *jobs.Queue, log *slog.Logger) *Admitter {
	a := &Admitter{view: view, queue: queue, log: log, change: make(chan struct{}, 1)}
	view.OnChange(func(_, _ outbox.Restore) {
		select {
		case a.change <- struct{}{}:
		default: // it will look anyway
		}
	})
	return a
}

// Run admits until ctx ends.
func (a *Admitter) Run(ctx context.Context) error {
	select {
	case <-a.view.Ready():
	case <-ctx.Done():
		return nil
	}
	tick := time.NewTicker(reconcileEvery)
	defer tick.Stop()
	for {
		a.admit(ctx)
		select {
		case <-a.change:
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (a *Admitter) admit(ctx context.Context) {
	for _, restore := range next(a.view.All(""), time.Now()) {
		_, err := a.queue.Enqueue(bus.WithTrace(ctx, restore.Trace), outbox.Job(restore.Key.Connection, restore.Key.ID, restore.Value))
		if err != nil && ctx.Err() == nil {
			a.log.Warn("restore not queued yet", "restore", restore.Key.ID, "error", err)
		}
	}
}

// next chooses what to queue: of each target the oldest that waits, unless one is being worked on.
func next(all func(func(outbox.Restore) bool), now time.Time) []outbox.Restore {
	oldest := map[string]outbox.Restore{}
	for restore := range all {
		target := restore.Value.GetTargetResource()
		there, taken := oldest[target]
		if waits(restore, now) && (!taken || before(restore, there)) {
			oldest[target] = restore
		}
	}
	chosen := make([]outbox.Restore, 0, len(oldest))
	for _, restore := range oldest {
		chosen = append(chosen, restore)
	}
	slices.SortFunc(chosen, func(a, b outbox.Restore) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return chosen
}

// waits tells whether a restore needs to be queued: it is new, or its job should have been back long ago.
func waits(restore outbox.Restore, now time.Time) bool {
	if outbox.Ended(restore.Value) {
		return false
	}
	return restore.Value.GetEpoch() == 0 || restore.Value.GetState() == restorev1.RestoreState_RESTORE_STATE_QUEUED && now.Sub(restore.Time) > overdueAfter
}

func before(a, b outbox.Restore) bool {
	return a.Value.GetCreateTime().AsTime().Before(b.Value.GetCreateTime().AsTime())
}

// lost tells whether an error says that another process has the restore.
func lost(err error) bool { return fault.ReasonOf(err) == outbox.LeaseLost }
