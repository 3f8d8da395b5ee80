package inbox

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
)

// Targets opens what is restored to.
type Targets interface {
	Open(ctx context.Context, connection m365.ConnectionID, user m365.UserID, workload m365.Workload) (restore.Target, error)
}

// Worker runs restores from the queue.
type Worker struct {
	Queue     *jobs.Queue
	Book      *outbox.Book
	Resources *Resources
	Archive   snapshot.Archive
	Targets   Targets
	Owner     string // this process
	Log       *slog.Logger
}

const (
	// atATime is how many restores one process runs. Each is bound by its mailbox's four calls in flight.
	atATime = 8
	// inFlight is what Exchange allows an application per mailbox:
	// https://learn.microsoft.com/en-us/graph/throttling-limits#outlook-service-limits
	inFlight = 4
	// maxAttempts is how often a restore is tried again after trouble that may pass.
	maxAttempts = 8
	// grace is how long the items in hand have to end when the run is told to stop.
	grace = 20 * time.Second
	// checkEvery is how often a run looks whether it is still its own, besides being told.
	checkEvery = 5 * time.Second
)

// Run works until ctx ends, then hands back what it has in hand.
func (w *Worker) Run(ctx context.Context) error {
	return w.Queue.Work(ctx, jobs.Restore, atATime, w.handle)
}

func (w *Worker) handle(ctx context.Context, run *jobs.Run) error {
	lease, err := w.Book.Begin(ctx, run.Job.Connection, run.Job.ID, w.Owner)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	tally, meter := &restore.Tally{}, &graph.Meter{}
	ended := error(nil)
	if lease.Restore.GetCancelRequested() {
		ended = jobs.ErrCancelled
	} else {
		ended = w.restore(ctx, run, lease, tally, meter)
	}
	return w.settle(ctx, run, lease, ended, func(err error) *restorev1.RestoreReport {
		return outbox.Report(tally.Report(), meter.Read().Requests, err)
	})
}

// restore does the work. Its error is jobs.ErrLost, ErrCancelled or ErrDraining if the run was ended.
func (w *Worker) restore(ctx context.Context, run *jobs.Run, lease outbox.Lease, tally *restore.Tally, meter *graph.Meter) error {
	work, err := w.open(ctx, lease)
	if err != nil {
		return err
	}
	work.Tally = tally
	hold := hold(ctx)
	defer hold.end(nil)
	work.Stop = hold.stop
	working := graph.WithMeter(graph.WithPriority(hold.ctx, ratelimit.Restore), meter)
	watched, done := context.WithCancel(hold.ctx)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		w.watch(watched, run, lease, tally, meter, hold)
	}()
	err = work.Run(working)
	done()
	<-watching
	if cause := hold.cause(); cause != nil && fault.Is(err, fault.Cancelled) {
		return cause
	}
	return err
}

// watch reports progress every second, and looks now and then whether the run is still its own.
func (w *Worker) watch(ctx context.Context, run *jobs.Run, lease outbox.Lease, tally *restore.Tally, meter *graph.Meter, hold *held) {
	second, check := time.NewTicker(time.Second), time.NewTicker(checkEvery)
	defer second.Stop()
	defer check.Stop()
	gauge := &gauge{}
	for {
		select {
		case now := <-second.C:
			run.Progress(gauge.read(now, tally.Progress(), meter.Read()))
		case <-check.C:
			switch cancel, err := w.Book.Check(ctx, lease); {
			case lost(err):
				hold.end(jobs.ErrLost)
			case err == nil && cancel:
				hold.halt(jobs.ErrCancelled)
			}
		case <-ctx.Done():
			return
		}
	}
}

// open makes the restore that the lease is for.
func (w *Worker) open(ctx context.Context, lease outbox.Lease) (*restore.Restore, error) {
	order, source, id, err := w.order(ctx, lease)
	if err != nil {
		return nil, err
	}
	reader, err := w.Archive.Open(ctx, source, id)
	if err != nil {
		return nil, err
	}
	user := source.User
	if lease.Restore.GetTargetResource() != source.Name() {
		user = outbox.TargetUser(lease.Restore, source.Workload)
	}
	target, err := w.Targets.Open(ctx, lease.Connection, user, source.Workload)
	if err != nil {
		return nil, fault.Wrap("open target", err)
	}
	return &restore.Restore{Order: order, Reader: reader, Target: target, Resumed: lease.Resumed(), Parallel: inFlight, Pause: bus.Pause}, nil
}

var policies = map[restorev1.ConflictPolicy]restore.Policy{
	restorev1.ConflictPolicy_CONFLICT_POLICY_COPY:    restore.CopyBeside,
	restorev1.ConflictPolicy_CONFLICT_POLICY_REPLACE: restore.ReplaceExisting,
}

// order reads what was asked for, and where it is.
func (w *Worker) order(ctx context.Context, lease outbox.Lease) (restore.Order, snapshot.Resource, string, error) {
	r := lease.Restore
	resource, id, _ := strings.Cut(r.GetSnapshot(), "/snapshots/")
	source, err := w.Resources.Get(ctx, lease.Connection, m365.ResourceID(outbox.Last(resource)))
	if err != nil {
		return restore.Order{}, source, id, err
	}
	order := restore.Order{
		ID: lease.ID, Policy: policies[r.GetConflict()], Selectors: outbox.Selectors(r.GetSelections()),
		InPlace: r.GetTarget().GetFolder() == "" && r.GetTargetResource() == resource, Into: r.GetTarget().GetFolder(),
	}
	return order, source, id, nil
}

// writeFor bounds what is written after the run has ended.
const writeFor = 30 * time.Second

// settle records how a run ended, and says what becomes of the job.
func (w *Worker) settle(ctx context.Context, run *jobs.Run, lease outbox.Lease, err error, report func(error) *restorev1.RestoreReport) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeFor)
	defer cancel()
	var write error
	switch kind := fault.KindOf(err); {
	case errors.Is(err, jobs.ErrDraining):
		return err
	case errors.Is(err, jobs.ErrLost), lost(err):
		return jobs.ErrLost
	case errors.Is(err, jobs.ErrCancelled):
		write = w.Book.End(ctx, lease, restorev1.RestoreState_RESTORE_STATE_CANCELLED, report(nil))
	case err == nil:
		r := report(nil)
		write = w.Book.End(ctx, lease, outcome(r), r)
	case kind == fault.Throttled:
		write = w.Book.Delay(ctx, lease, report(err))
		err = jobs.Later(max(fault.RetryAfterOf(err), time.Minute), err)
		return firstOf(write, err)
	case later(kind) && run.Attempt() < maxAttempts:
		write = w.Book.Delay(ctx, lease, report(err))
		return firstOf(write, fault.As(fault.Transient, "restore", err))
	default:
		w.Log.Warn("restore failed", "restore", lease.ID, "error", err)
		write = w.Book.End(ctx, lease, restorev1.RestoreState_RESTORE_STATE_FAILED, report(err))
	}
	if lost(write) {
		return jobs.ErrLost
	}
	return write
}

func firstOf(write, err error) error {
	if write != nil {
		return write
	}
	return err
}

// later tells whether the same restore may succeed some time later by itself. A token may be
// refused while a credential is being changed, and a restore can take days.
func later(kind fault.Kind) bool {
	return kind == fault.Transient || kind == fault.Conflict || kind == fault.Cancelled || kind == fault.Unauthentic
}

func outcome(report *restorev1.RestoreReport) restorev1.RestoreState {
	if report.GetFailed()+report.GetIncomplete() == 0 {
		return restorev1.RestoreState_RESTORE_STATE_SUCCEEDED
	}
	return restorev1.RestoreState_RESTORE_STATE_PARTIAL
}
