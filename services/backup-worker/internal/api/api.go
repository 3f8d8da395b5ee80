package api

import (
	"context"

	"google.golang.org/grpc"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// Queue is what is needed of the queue.
type Queue interface {
	// Cancel takes a job out of the queue, or tells the worker that runs it.
	Cancel(ctx context.Context, job jobs.Job) (waiting bool, err error)
	// Watch passes the progress of a job until ctx ends.
	Watch(ctx context.Context, jobID string, each func([]byte)) error
}

// Restores is what is needed of restore-worker.
type Restores interface {
	Cancel(ctx context.Context, connection m365.ConnectionID, id string) (*restorev1.Restore, error)
}

// Snapshots is what is needed of the vaults.
type Snapshots interface {
	// Find returns fault.NotFound if a unit has no snapshot of that number.
	Find(ctx context.Context, connection m365.ConnectionID, unit string, sequence uint64) error
}

// API serves all services of backup-worker.
type API struct {
	book      *outbox.Book
	views     *outbox.Views
	queue     Queue
	restores  Restores
	snapshots Snapshots
	hub       *hub
}

// New returns the API. Call it before the views run.
func New(book *outbox.Book, views *outbox.Views, queue Queue, restores Restores, snapshots Snapshots) *API {
	return &API{book: book, views: views, queue: queue, restores: restores, snapshots: snapshots, hub: newHub()}
}

// Changed tells watchers that a job, or a restore, has changed.
func (a *API) Changed(connection m365.ConnectionID, id string) { a.hub.tell(topic{connection, id}) }

// Register adds the services.
func (a *API) Register(registrar grpc.ServiceRegistrar) {
	backupv1.RegisterProfileServiceServer(registrar, profiles{API: a})
	backupv1.RegisterResourceServiceServer(registrar, resources{API: a})
	backupv1.RegisterBackupServiceServer(registrar, backups{API: a})
	backupv1.RegisterJobServiceServer(registrar, jobService{API: a})
	backupv1.RegisterVaultServiceServer(registrar, vaults{API: a})
}

// Each service is the API with the generated fallback for methods of newer clients.
type (
	profiles struct {
		backupv1.UnimplementedProfileServiceServer
		*API
	}
	resources struct {
		backupv1.UnimplementedResourceServiceServer
		*API
	}
	backups struct {
		backupv1.UnimplementedBackupServiceServer
		*API
	}
	jobService struct {
		backupv1.UnimplementedJobServiceServer
		*API
	}
	vaults struct {
		backupv1.UnimplementedVaultServiceServer
		*API
	}
)

// command is the origin of what a caller asked for.
func command(ctx context.Context) state.Origin {
	return state.Origin{Cause: "command", Actor: identity.CallerOf(ctx).String()}
}
