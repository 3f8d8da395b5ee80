package progress

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

func TestTextSaysHowFarAndWhatItWaitsFor(t *testing.T) {
	job := &backupv1.Job{State: backupv1.JobState_JOB_STATE_RUNNING, Progress: &backupv1.Progress{
		ItemsDone: 20, ItemsTotal: 80, BytesDone: 1500, ItemsPerSecond: 10, BytesPerSecond: 750, ItemsFailed: 1,
		TimeLeft: durationpb.New(6 * time.Second), WaitingFor: "SharePoint's 1,250 units a minute"}}
	want := "running, 20 of 80 items, 1.5 kB, 1 failed, 10 items/s, 750 B/s, 6s left, waits for SharePoint's 1,250 units a minute"
	if got := Text(job); got != want {
		t.Errorf("%q", got)
	}
	job.State, job.Problem = backupv1.JobState_JOB_STATE_FAILED, &typev1.Problem{Cause: "no mailbox"}
	if got := Text(job); got != "failed, 20 of 80 items, 1.5 kB, 1 failed, no mailbox" {
		t.Errorf("%q", got)
	}
}

func TestPlainLinesAreFew(t *testing.T) {
	var out strings.Builder
	board := New(&out)
	job := &backupv1.Job{Name: "connections/c/jobs/j", Kind: backupv1.JobKind_JOB_KIND_BACKUP, DisplayName: "ann@contoso.example", State: backupv1.JobState_JOB_STATE_RUNNING}
	for range 1000 {
		board.Show(job)
	}
	job.State = backupv1.JobState_JOB_STATE_SUCCEEDED
	board.Show(job)
	board.Wait()
	if got := out.String(); got != "backup ann@contoso.example: running\nbackup ann@contoso.example: succeeded\n" {
		t.Errorf("%q", got)
	}
}

func TestTextSaysWhenAJobThatWaitsGoesOn(t *testing.T) {
	for want, job := range map[string]*backupv1.Job{
		"queued, begins when the backup that runs has ended": {AfterJob: "connections/c/jobs/j"},
		"queued, begins in 2m0s":                             {NotBeforeTime: timestamppb.New(time.Now().Add(2 * time.Minute))},
		"queued, goes on in 2m0s":                            {NotBeforeTime: timestamppb.New(time.Now().Add(2 * time.Minute)), Attempts: 1},
		"queued, ends at its next checkpoint":                {CancelRequested: true},
		"queued":                                             {NotBeforeTime: timestamppb.New(time.Now().Add(-time.Minute))},
	} {
		job.State = backupv1.JobState_JOB_STATE_QUEUED
		if got := Text(job); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
