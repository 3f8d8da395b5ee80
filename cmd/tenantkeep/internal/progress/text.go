package progress

import (
	"fmt"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Ended tells whether a job will not change any more.
func Ended(job *backupv1.Job) bool {
	switch job.GetState() {
	case backupv1.JobState_JOB_STATE_SUCCEEDED, backupv1.JobState_JOB_STATE_PARTIAL,
		backupv1.JobState_JOB_STATE_FAILED, backupv1.JobState_JOB_STATE_CANCELLED:
		return true
	case backupv1.JobState_JOB_STATE_UNSPECIFIED, backupv1.JobState_JOB_STATE_QUEUED, backupv1.JobState_JOB_STATE_RUNNING:
	}
	return false
}

// Resource is what people call the resource of a job, as they would name it on the command line. The
// ids of resources begin with their workload.
func Resource(job *backupv1.Job) string {
	workload, _, found := strings.Cut(show.Last(job.GetResource()), "-")
	if !found {
		return job.GetDisplayName()
	}
	return workload + ":" + job.GetDisplayName()
}

// Text is how far a job is, in one line.
func Text(job *backupv1.Job) string {
	p := job.GetProgress()
	parts := []string{show.Word(job.GetState(), "JOB_STATE_")}
	if p.GetItemsDone() > 0 || p.GetItemsTotal() > 0 {
		parts = append(parts, items(p), show.Bytes(p.GetBytesDone()))
	}
	if unchanged(job.GetBackup()) {
		parts = []string{parts[0], "nothing had changed"}
	}
	if p.GetItemsFailed() > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", p.GetItemsFailed()))
	}
	if !Ended(job) {
		if job.GetCancelRequested() {
			parts = append(parts, "ends at its next checkpoint")
		}
		parts = append(parts, pace(p)...)
		parts = append(parts, turn(job)...)
	}
	if cause := job.GetProblem().GetCause(); cause != "" {
		parts = append(parts, cause)
	}
	return strings.Join(parts, ", ")
}

// unchanged tells whether a backup found the resource as the one before had left it.
func unchanged(b *backupv1.BackupResult) bool {
	return b.GetOutcome() == backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE && b.GetAdded()+b.GetChanged()+b.GetDeleted()+b.GetFailed() == 0
}

// turn is what a job that waits will begin with.
func turn(job *backupv1.Job) []string {
	left := time.Until(job.GetNotBeforeTime().AsTime())
	switch {
	case job.GetAfterJob() != "":
		return []string{"begins when the backup that runs has ended"}
	case job.GetNotBeforeTime() == nil || left <= 0:
		return nil
	case job.GetAttempts() > 0:
		return []string{"goes on in " + left.Round(time.Second).String()}
	default:
		return []string{"begins in " + left.Round(time.Second).String()}
	}
}

func items(p *backupv1.Progress) string {
	if p.GetItemsTotal() > 0 {
		return fmt.Sprintf("%d of %d items", p.GetItemsDone(), p.GetItemsTotal())
	}
	return fmt.Sprintf("%d items", p.GetItemsDone())
}

func pace(p *backupv1.Progress) []string {
	var parts []string
	if p.GetItemsPerSecond() > 0 {
		parts = append(parts, fmt.Sprintf("%.0f items/s", p.GetItemsPerSecond()), show.Bytes(int64(p.GetBytesPerSecond()))+"/s")
	}
	if p.GetTimeLeft() != nil {
		parts = append(parts, p.GetTimeLeft().AsDuration().Round(time.Second).String()+" left")
	}
	if p.GetWaitingFor() != "" {
		parts = append(parts, "waits for "+p.GetWaitingFor())
	}
	return parts
}
