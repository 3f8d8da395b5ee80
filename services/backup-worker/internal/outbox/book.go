package outbox

import (
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

// Book is the state that backup-worker writes.
type Book struct {
	store     state.Store
	profiles  *state.Entities[*backupv1.Profile]
	resources *state.Entities[*backupv1.Resource]
	jobs      *state.Entities[*backupv1.Job]
	now       func() time.Time
}

// The entities that the book holds, as others see them.
type (
	// Profile is a backup policy.
	Profile = state.Entity[*backupv1.Profile]
	// Resource is a mailbox or a drive.
	Resource = state.Entity[*backupv1.Resource]
	// Job is a backup or a verification.
	Job = state.Entity[*backupv1.Job]
	// Restore is restore-worker's, read to show it among the jobs.
	Restore = state.Entity[*restorev1.Restore]
)

// NewBook opens the book.
func NewBook(store state.Store) *Book {
	return &Book{
		store:     store,
		profiles:  state.NewEntities(store, state.KindProfile, (*backupv1.Profile)(nil)),
		resources: state.NewEntities(store, state.KindResource, (*backupv1.Resource)(nil)),
		jobs:      state.NewEntities(store, state.KindJob, (*backupv1.Job)(nil)),
		now:       func() time.Time { return time.Now().UTC() },
	}
}

// Service is the actor of what backup-worker does by itself.
const Service = "service:backup-worker"

func byItself(cause, run string) state.Origin {
	return state.Origin{Cause: cause, RunID: run, Actor: Service}
}

// Workload is the API's number of a workload.
func Workload(workload m365.Workload) typev1.Workload {
	switch workload {
	case m365.Mail:
		return typev1.Workload_WORKLOAD_MAIL
	case m365.Files:
		return typev1.Workload_WORKLOAD_FILES
	default:
		return typev1.Workload_WORKLOAD_UNSPECIFIED
	}
}

// WorkloadOf is the workload of an API's number; "" for one that is not known.
func WorkloadOf(number typev1.Workload) m365.Workload {
	switch number {
	case typev1.Workload_WORKLOAD_MAIL:
		return m365.Mail
	case typev1.Workload_WORKLOAD_FILES:
		return m365.Files
	default:
		return ""
	}
}
