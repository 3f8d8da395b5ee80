package outbox

import (
	"context"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Run is a job that was begun: what to do, and the right to report on it.
type Run struct {
	ID              string // of the job
	Connection      m365.ConnectionID
	Resource        m365.ResourceID
	Workload        m365.Workload
	User            m365.UserID
	DisplayName     string
	Unit            string // of the vault
	Policy          Policy
	Full            bool
	Snapshot        string // that a verification reads
	Started         time.Time
	Failures        int   // so far, of the sort that may pass
	Requests        int64 // of earlier attempts
	CancelRequested bool

	epoch int64
}

// Policy is what a profile leaves out.
type Policy struct {
	MailFolders  []string
	FilePatterns []string
	MaxFileBytes int64
}

// runOf gathers what a worker has to know.
func (b *Book) runOf(ctx context.Context, job Job, resource Resource) (Run, error) {
	run := Run{
		ID: job.Key.ID, Connection: job.Key.Connection, Resource: m365.ResourceID(resource.Key.ID),
		Workload: WorkloadOf(resource.Value.GetWorkload()), User: m365.UserID(resource.Value.GetEntraId()),
		DisplayName: resource.Value.GetDisplayName(), Unit: resource.Value.GetUnit(),
		Full: job.Value.GetFull(), Snapshot: job.Value.GetSnapshot(), Started: job.Value.GetStartTime().AsTime(),
		Failures: int(job.Value.GetFailures()), Requests: job.Value.GetProgress().GetRequests(), CancelRequested: job.Value.GetCancelRequested(),
		epoch: resource.Value.GetEpoch(),
	}
	policy, err := b.policy(ctx, resource.Value)
	run.Policy = policy
	return run, err
}

// policy is the profile's. A resource that lost its profile while its job waited is backed up once
// more, with nothing left out.
func (b *Book) policy(ctx context.Context, resource *backupv1.Resource) (Policy, error) {
	if resource.GetProfile() == "" {
		return Policy{}, nil
	}
	profile, err := b.Profile(ctx, m365.ProfileID(names.Last(resource.GetProfile())))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Policy{}, err
	}
	exclusions := profile.Value.GetExclusions()
	return Policy{MailFolders: exclusions.GetMailFolders(), FilePatterns: exclusions.GetFilePatterns(), MaxFileBytes: exclusions.GetMaxFileBytes()}, nil
}
