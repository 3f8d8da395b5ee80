package work

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/dispatch"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
)

// Tenants opens the Graph clients of connections.
type Tenants interface {
	Open(ctx context.Context, connection m365.ConnectionID) (*graph.Client, error)
}

// Vaults opens the vaults of connections.
type Vaults interface {
	Open(ctx context.Context, connection m365.ConnectionID) (*vault.Vault, error)
}

// Worker does jobs.
type Worker struct {
	Queue   *jobs.Queue
	Book    *outbox.Book
	Tenants Tenants
	Vaults  Vaults
	Owner   string // this process among its replicas
	Log     *slog.Logger
}

// How many jobs of a class run at a time in one process. A backup holds two packs of 16 MiB in
// memory and is bound by the network, a verification by the processor.
const (
	interactiveAtOnce = 3
	scheduledAtOnce   = 4
	verifyAtOnce      = 1
)

// Run works until ctx ends; jobs in hand are checkpointed and handed back then.
func (w *Worker) Run(ctx context.Context) error {
	var group errgroup.Group
	for class, n := range map[jobs.Class]int{jobs.Interactive: interactiveAtOnce, jobs.Scheduled: scheduledAtOnce, jobs.Verify: verifyAtOnce} {
		group.Go(func() error { return w.Queue.Work(ctx, class, n, w.handle) })
	}
	return group.Wait()
}

// busy is when to come again to a resource that another job is at work on.
const busy = 5 * time.Second

func (w *Worker) handle(ctx context.Context, run *jobs.Run) error {
	var err error
	switch run.Job.Kind {
	case dispatch.KindBackup:
		err = w.backup(ctx, run)
	case dispatch.KindVerify:
		err = w.verify(ctx, run)
	default:
		return fault.New(fault.Unsupported, "work", "job of kind "+run.Job.Kind)
	}
	if fault.ReasonOf(err) == outbox.ResourceBusy {
		return jobs.Later(busy, err)
	}
	return err
}

// settling bounds what is written after the end of a run.
const settling = 30 * time.Second

// after is a context for what must be written although ctx has ended.
func after(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), settling)
}
