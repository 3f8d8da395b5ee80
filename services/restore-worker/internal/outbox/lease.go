package outbox

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// Lease is the right to report on a restore.
type Lease struct {
	Connection m365.ConnectionID
	ID         string
	Restore    *restorev1.Restore // as it was when the lease was taken
	epoch      int64
}

// Resumed tells whether another run has begun the restore.
func (l Lease) Resumed() bool { return l.epoch > 1 }

// ErrOver says that there is nothing to do any more.
var ErrOver = fault.New(fault.NotFound, "begin restore", "the restore is over", fault.Reason("RESTORE_OVER"))

// Begin takes the lease of a restore for a process. The queue gives a job to a second worker only
// when the first is gone, so a lease that is held is taken over.
func (b *Book) Begin(ctx context.Context, connection m365.ConnectionID, id, owner string) (Lease, error) {
	restore, err := b.restores.Update(ctx, connection, id, byItself("job", id), func(r *restorev1.Restore) (string, error) {
		if Ended(r) {
			return "", ErrOver
		}
		fact := "restore-started"
		if r.GetEpoch() > 0 {
			fact = "restore-resumed"
		}
		r.State = restorev1.RestoreState_RESTORE_STATE_RUNNING
		r.Owner, r.Epoch, r.Attempts = owner, r.GetEpoch()+1, r.GetAttempts()+1
		r.Report = nil
		return fact, nil
	})
	if err != nil {
		return Lease{}, fault.Wrap("begin restore", err)
	}
	return Lease{Connection: connection, ID: id, Restore: restore.Value, epoch: restore.Value.GetEpoch()}, nil
}

// Check tells whether somebody wants the end of the restore. Conflict with reason LEASE_LOST if
// another process has it by now.
func (b *Book) Check(ctx context.Context, lease Lease) (cancel bool, err error) {
	restore, err := b.restores.Get(ctx, lease.Connection, lease.ID)
	if err != nil {
		return false, err
	}
	return restore.Value.GetCancelRequested(), lease.check(restore.Value)
}

func (l Lease) check(r *restorev1.Restore) error {
	if r.GetEpoch() == l.epoch && !Ended(r) {
		return nil
	}
	return fault.New(fault.Precondition, "report on restore", "another process has taken the restore over", fault.Reason(LeaseLost))
}

// LeaseLost is the reason of a report by who has lost the lease.
const LeaseLost = "LEASE_LOST"

// Delay puts a restore back to those that wait, with what hinders it.
func (b *Book) Delay(ctx context.Context, lease Lease, report *restorev1.RestoreReport) error {
	return b.report(ctx, lease, "restore-delayed", func(r *restorev1.Restore) {
		r.State, r.Owner, r.Report = restorev1.RestoreState_RESTORE_STATE_QUEUED, "", report
	})
}

var ends = map[restorev1.RestoreState]string{
	restorev1.RestoreState_RESTORE_STATE_SUCCEEDED: "restore-completed",
	restorev1.RestoreState_RESTORE_STATE_PARTIAL:   "restore-completed",
	restorev1.RestoreState_RESTORE_STATE_FAILED:    "restore-failed",
	restorev1.RestoreState_RESTORE_STATE_CANCELLED: "restore-cancelled",
}

// End writes how a restore ended.
func (b *Book) End(ctx context.Context, lease Lease, state restorev1.RestoreState, report *restorev1.RestoreReport) error {
	return b.report(ctx, lease, ends[state], func(r *restorev1.Restore) {
		r.State, r.Owner, r.Report, r.EndTime = state, "", report, timestamppb.New(b.now())
	})
}

func (b *Book) report(ctx context.Context, lease Lease, fact string, edit func(*restorev1.Restore)) error {
	_, err := b.restores.Update(ctx, lease.Connection, lease.ID, byItself("job", lease.ID), func(r *restorev1.Restore) (string, error) {
		if err := lease.check(r); err != nil {
			return "", err
		}
		edit(r)
		return fact, nil
	})
	return fault.Wrap("report on restore", err)
}
