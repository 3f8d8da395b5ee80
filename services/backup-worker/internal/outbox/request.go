package outbox

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Request is somebody's wish for a backup.
type Request struct {
	ID        string // the same one of the same caller gets the same answer for a day; empty for none
	Queue     jobs.Class
	Origin    state.Origin
	Full      bool
	Follow    bool      // what is in the resource now has to be in the backup: one that reads already is followed by another
	NotBefore time.Time // zero for at once
}

// requestTries bounds how often a request may meet a backup that begins or ends at that moment.
const requestTries = 5

// errMeanwhile says that a job is not what it was when it was looked at.
var errMeanwhile = fault.New(fault.Exists, "start backup", "a backup of the resource began or ended at that moment")

// RequestBackup returns the job that does what is asked for: one that waits, or a new one.
func (b *Book) RequestBackup(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, request Request) (Job, error) {
	job, err := b.once(ctx, connection, id, request, func() (Job, error) {
		for range requestTries {
			job, err := b.request(ctx, connection, id, request)
			if !fault.Is(err, fault.Exists) {
				return job, err
			}
		}
		return Job{}, fault.New(fault.Transient, "", "backups of the resource end too fast to follow", fault.Next("try again"))
	})
	return job, fault.Wrap("start backup", err)
}

// request tries once; fault.Exists if somebody else was faster.
func (b *Book) request(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, request Request) (Job, error) {
	resource, err := b.protected(ctx, connection, id)
	if err != nil {
		return Job{}, err
	}
	job, err := b.jobs.Get(ctx, connection, backupID(resource.Value))
	switch {
	case fault.Is(err, fault.NotFound):
		return b.queueBackup(ctx, resource, request)
	case err != nil:
		return Job{}, err
	case Ended(job.Value):
		return Job{}, errMeanwhile // the batch that ended it has counted up
	case request.Follow && begun(job.Value):
		if _, err := b.hurry(ctx, job, Request{Origin: request.Origin}); err != nil {
			return Job{}, err
		}
		return b.follow(ctx, job, request)
	default:
		return b.hurry(ctx, job, request)
	}
}

func (b *Book) protected(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID) (Resource, error) {
	resource, err := b.Resource(ctx, connection, id)
	if err == nil && resource.Value.GetProfile() == "" {
		return Resource{}, fault.New(fault.Precondition, "", "the resource is not protected any more", fault.Reason("RESOURCE_NOT_PROTECTED"),
			fault.Next("give its user a profile: tenantkeep user set-profile"))
	}
	return resource, err
}

func (b *Book) queueBackup(ctx context.Context, resource Resource, request Request) (Job, error) {
	connection := resource.Key.Connection
	key := backupID(resource.Value)
	return b.jobs.Create(ctx, connection, key, "job-queued", b.newBackup(connection, key, resource.Value, request), request.Origin)
}

func (b *Book) newBackup(connection m365.ConnectionID, key string, resource *backupv1.Resource, request Request) *backupv1.Job {
	job := b.newJob(connection, key, resource, request.Queue)
	job.Kind, job.Full = backupv1.JobKind_JOB_KIND_BACKUP, request.Full
	if !request.NotBefore.IsZero() {
		job.NotBeforeTime = timestamppb.New(request.NotBefore)
	}
	return job
}

func (b *Book) newJob(connection m365.ConnectionID, key string, resource *backupv1.Resource, queue jobs.Class) *backupv1.Job {
	return &backupv1.Job{
		Name: names.Job(connection, key), Resource: resource.GetName(), DisplayName: resource.GetDisplayName(),
		State: backupv1.JobState_JOB_STATE_QUEUED, Queue: string(queue), CreateTime: timestamppb.New(b.now()),
	}
}

// hurry lets a job stand for a request too: it becomes a full one if that is wanted, and waits no
// longer than asked for.
func (b *Book) hurry(ctx context.Context, job Job, request Request) (Job, error) {
	return b.jobs.Update(ctx, job.Key.Connection, job.Key.ID, request.Origin, func(waiting *backupv1.Job) (string, error) {
		full := request.Full && !waiting.GetFull()
		if Ended(waiting) || full && begun(waiting) {
			return "", errMeanwhile
		}
		hurry := request.NotBefore.IsZero() && waiting.GetNotBeforeTime() != nil
		if !full && !hurry {
			return "", nil
		}
		if waiting.Full = waiting.GetFull() || full; hurry {
			waiting.NotBeforeTime = nil
		}
		return "job-queued", nil
	})
}

// RequestVerify queues a verification of a snapshot by its id and its number; 0 is the newest one when it
// is begun.
func (b *Book) RequestVerify(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, snapshot string, origin state.Origin) (Job, error) {
	resource, err := b.Resource(ctx, connection, id)
	if err != nil {
		return Job{}, err
	}
	if resource.Value.GetVaultSequence() == 0 {
		return Job{}, fault.New(fault.Precondition, "start verification", "there is no backup of the resource yet", fault.Reason("NO_SNAPSHOT"),
			fault.Next("start one: tenantkeep backup start RESOURCE --wait"))
	}
	key := randomID()
	job := b.newJob(connection, key, resource.Value, jobs.Verify)
	job.Kind, job.Snapshot = backupv1.JobKind_JOB_KIND_VERIFY, names.Snapshot(connection, id, snapshot)
	created, err := b.jobs.Create(ctx, connection, key, "job-queued", job, origin)
	return created, fault.Wrap("start verification", err)
}

// Ended tells whether a job is over.
func Ended(job *backupv1.Job) bool {
	return job.GetState() != backupv1.JobState_JOB_STATE_QUEUED && job.GetState() != backupv1.JobState_JOB_STATE_RUNNING
}

// begun tells whether a backup may have read something already: what a request wants may have changed
// since. An attempt that asked Graph for nothing has not.
func begun(job *backupv1.Job) bool {
	return job.GetState() == backupv1.JobState_JOB_STATE_RUNNING || job.GetProgress().GetRequests() > 0
}

// backupID names the backup that comes next or has begun. The vault's sequence is in it so that a state
// that was rebuilt, and counts from 0 again, does not repeat the ids of runs that the vault knows.
func backupID(resource *backupv1.Resource) string {
	if resource.GetJob() != "" {
		return names.Last(resource.GetJob())
	}
	ended, sequence := strconv.FormatInt(resource.GetBackups(), 10), strconv.FormatInt(resource.GetVaultSequence(), 10)
	sum := sha256.Sum256([]byte(strings.Join([]string{"backup", resource.GetName(), ended, sequence}, "\x00")))
	return text(sum[:10])
}

// randomID names a job that nobody else can come to.
func randomID() string {
	random := make([]byte, 10)
	rand.Read(random) // never fails: it ends the process instead
	return text(random)
}

func text(data []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(data))
}
