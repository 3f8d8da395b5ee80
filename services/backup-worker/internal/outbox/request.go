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
	Queue     jobs.Class
	Origin    state.Origin
	Full      bool
	Follow    bool      // if one runs already, another one follows it
	NotBefore time.Time // zero for at once
}

// requestTries bounds how often a request may meet a backup that ends at that moment.
const requestTries = 5

// RequestBackup queues a backup, or finds the one that is queued or running.
func (b *Book) RequestBackup(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, request Request) (Job, error) {
	for range requestTries {
		resource, err := b.Resource(ctx, connection, id)
		if err != nil {
			return Job{}, err
		}
		if resource.Value.GetProfile() == "" {
			return Job{}, fault.New(fault.Precondition, "start backup", "the resource is not protected any more", fault.Reason("RESOURCE_NOT_PROTECTED"),
				fault.Next("give its user a profile: tenantkeep user set-profile"))
		}
		job, err := b.jobs.Get(ctx, connection, backupID(resource.Value))
		if fault.Is(err, fault.NotFound) {
			job, err = b.queueBackup(ctx, resource, request)
		} else if err == nil && !Ended(job.Value) {
			return job, b.join(ctx, job, connection, id, request)
		}
		if err == nil && !Ended(job.Value) || err != nil && !fault.Is(err, fault.Exists) {
			return job, fault.Wrap("start backup", err)
		}
	}
	return Job{}, fault.New(fault.Transient, "start backup", "backups of the resource end too fast to follow", fault.Next("try again"))
}

func (b *Book) queueBackup(ctx context.Context, resource Resource, request Request) (Job, error) {
	connection := resource.Key.Connection
	key := backupID(resource.Value)
	job := b.newJob(connection, key, resource.Value, request.Queue)
	job.Kind, job.Full = backupv1.JobKind_JOB_KIND_BACKUP, request.Full
	if !request.NotBefore.IsZero() {
		job.NotBeforeTime = timestamppb.New(request.NotBefore)
	}
	return b.jobs.Create(ctx, connection, key, "job-queued", job, request.Origin)
}

func (b *Book) newJob(connection m365.ConnectionID, key string, resource *backupv1.Resource, queue jobs.Class) *backupv1.Job {
	return &backupv1.Job{
		Name: names.Job(connection, key), Resource: resource.GetName(), DisplayName: resource.GetDisplayName(),
		State: backupv1.JobState_JOB_STATE_QUEUED, Queue: string(queue), CreateTime: timestamppb.New(b.now()),
	}
}

// join adds a wish to a backup that is there already: a waiting one takes it over, a running one is
// followed by another.
func (b *Book) join(ctx context.Context, job Job, connection m365.ConnectionID, id m365.ResourceID, request Request) error {
	if job.Value.GetState() == backupv1.JobState_JOB_STATE_RUNNING {
		if !request.Follow {
			return nil
		}
		_, err := b.resources.Update(ctx, connection, string(id), request.Origin, func(resource *backupv1.Resource) (string, error) {
			if resource.GetLease() == nil || resource.GetDirty() && (resource.GetDirtyFull() || !request.Full) {
				return "", nil
			}
			resource.Dirty, resource.DirtyFull = true, resource.GetDirtyFull() || request.Full
			return "backup-requested", nil
		})
		return fault.Wrap("start backup", err)
	}
	_, err := b.jobs.Update(ctx, connection, job.Key.ID, request.Origin, func(waiting *backupv1.Job) (string, error) {
		full, hurry := request.Full && !waiting.GetFull(), request.NotBefore.IsZero() && waiting.GetNotBeforeTime() != nil
		if waiting.GetState() != backupv1.JobState_JOB_STATE_QUEUED || !full && !hurry {
			return "", nil
		}
		waiting.Full = waiting.GetFull() || request.Full
		if hurry {
			waiting.NotBeforeTime = nil
		}
		return "job-queued", nil
	})
	return fault.Wrap("start backup", err)
}

// RequestVerify queues a verification of a snapshot; "" is the newest one when it is begun.
func (b *Book) RequestVerify(ctx context.Context, connection m365.ConnectionID, id m365.ResourceID, snapshot string, origin state.Origin) (Job, error) {
	resource, err := b.Resource(ctx, connection, id)
	if err != nil {
		return Job{}, err
	}
	if resource.Value.GetVaultSequence() == 0 {
		return Job{}, fault.New(fault.Precondition, "start verification", "there is no backup of the resource yet", fault.Reason("NO_SNAPSHOT"),
			fault.Next("start one: tenantkeep backup start RESOURCE --wait"))
	}
	random := make([]byte, 10)
	rand.Read(random) // never fails: it ends the process instead
	key := text(random)
	job := b.newJob(connection, key, resource.Value, jobs.Verify)
	job.Kind, job.Snapshot = backupv1.JobKind_JOB_KIND_VERIFY, names.Snapshot(connection, id, snapshot)
	created, err := b.jobs.Create(ctx, connection, key, "job-queued", job, origin)
	return created, fault.Wrap("start verification", err)
}

// Ended tells whether a job is over.
func Ended(job *backupv1.Job) bool {
	return job.GetState() != backupv1.JobState_JOB_STATE_QUEUED && job.GetState() != backupv1.JobState_JOB_STATE_RUNNING
}

// backupID names the backup that comes next. The vault's sequence is in it so that a state that was
// rebuilt, and counts from 0 again, does not repeat the ids of runs that the vault knows.
func backupID(resource *backupv1.Resource) string {
	ended, sequence := strconv.FormatInt(resource.GetBackups(), 10), strconv.FormatInt(resource.GetVaultSequence(), 10)
	sum := sha256.Sum256([]byte(strings.Join([]string{"backup", resource.GetName(), ended, sequence}, "\x00")))
	return text(sum[:10])
}

func text(data []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(data))
}
