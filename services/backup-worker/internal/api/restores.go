package api

import (
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
)

// jobStates says where a restore stands in the words of jobs.
var jobStates = map[restorev1.RestoreState]backupv1.JobState{
	restorev1.RestoreState_RESTORE_STATE_QUEUED:    backupv1.JobState_JOB_STATE_QUEUED,
	restorev1.RestoreState_RESTORE_STATE_RUNNING:   backupv1.JobState_JOB_STATE_RUNNING,
	restorev1.RestoreState_RESTORE_STATE_SUCCEEDED: backupv1.JobState_JOB_STATE_SUCCEEDED,
	restorev1.RestoreState_RESTORE_STATE_PARTIAL:   backupv1.JobState_JOB_STATE_PARTIAL,
	restorev1.RestoreState_RESTORE_STATE_FAILED:    backupv1.JobState_JOB_STATE_FAILED,
	restorev1.RestoreState_RESTORE_STATE_CANCELLED: backupv1.JobState_JOB_STATE_CANCELLED,
}

// jobOf shows a restore, whose truth is restore-worker's, as a job.
func jobOf(connection m365.ConnectionID, id string, restore *restorev1.Restore) *backupv1.Job {
	report := restore.GetReport()
	return &backupv1.Job{
		Name: names.Job(connection, id), Revision: restore.GetRevision(), Change: restore.GetChange(),
		Kind: backupv1.JobKind_JOB_KIND_RESTORE, Queue: string(jobs.Restore), Restore: restore.GetName(),
		Resource: restore.GetTargetResource(), DisplayName: restore.GetDisplayName(), State: jobStates[restore.GetState()],
		Attempts: restore.GetAttempts(), CancelRequested: restore.GetCancelRequested(), Snapshot: restore.GetSnapshot(),
		CreateTime: restore.GetCreateTime(), EndTime: restore.GetEndTime(), Problem: report.GetProblem(),
		Progress: &backupv1.Progress{
			ItemsDone: report.GetCreated() + report.GetReplaced() + report.GetSkipped(), ItemsTotal: report.GetItems(), ItemsFailed: report.GetFailed(),
			BytesDone: report.GetBytes(), Requests: report.GetRequests(),
		},
	}
}
