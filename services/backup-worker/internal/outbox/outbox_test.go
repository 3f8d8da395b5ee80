package outbox

import (
	"context"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/protection"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

const (
	connection m365.ConnectionID = "c1"
	resourceID m365.ResourceID   = "mail-u1"
)

var byHand = Request{Queue: jobs.Interactive, Origin: state.Origin{Cause: "command"}, Follow: true}

// book is one with a protected resource.
func book(t *testing.T) *Book {
	t.Helper()
	b := NewBook(memory.New())
	began, err := b.Protect(t.Context(), connection, protection.Resource{
		ID: resourceID, Workload: m365.Mail, Profile: Standard, User: protection.User{Name: "connections/c1/users/u1", ID: "u1", Address: "ada@example.com"},
	}, "test")
	if err != nil || !began {
		t.Fatal(began, err)
	}
	return b
}

func request(t *testing.T, b *Book, r Request) Job {
	t.Helper()
	job, err := b.RequestBackup(t.Context(), connection, resourceID, r)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

func begin(t *testing.T, b *Book, job Job, owner string) Run {
	t.Helper()
	run, err := b.Begin(t.Context(), connection, job.Key.ID, owner)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func resource(t *testing.T, b *Book) *backupv1.Resource {
	t.Helper()
	entity, err := b.Resource(t.Context(), connection, resourceID)
	if err != nil {
		t.Fatal(err)
	}
	return entity.Value
}

func TestBackupsOfAResourceAreOneUntilItEnds(t *testing.T) {
	b := book(t)
	first := request(t, b, byHand)
	if again := request(t, b, byHand); again.Key != first.Key {
		t.Error("two jobs wait")
	}
	run := begin(t, b, first, "w1")
	if during := request(t, b, Request{Queue: jobs.Interactive, Follow: true, Full: true}); during.Key != first.Key {
		t.Error("two jobs at a time")
	}
	again, full, err := b.End(t.Context(), run, Result{Ending: Complete, Sequence: 4}, Progress{})
	if err != nil || !again || !full {
		t.Error(again, full, err)
	}
	if r := resource(t, b); r.GetLease() != nil || r.GetBackups() != 1 || r.GetVaultSequence() != 4 || r.GetLastSuccess() == nil || r.GetDirty() {
		t.Errorf("%v", r)
	}
	if next := request(t, b, byHand); next.Key == first.Key {
		t.Error("the next backup is the one that ended")
	}
}

func TestOnlyTheNewestLeaseReports(t *testing.T) {
	b := book(t)
	job := request(t, b, byHand)
	zombie := begin(t, b, job, "w1")
	heir := begin(t, b, job, "w2") // the queue took w1 for dead
	if _, _, err := b.End(t.Context(), zombie, Result{Ending: Complete}, Progress{}); fault.ReasonOf(err) != LeaseLost {
		t.Error("a zombie ended the job:", err)
	}
	if err := b.Postpone(t.Context(), zombie, Pause{}); fault.ReasonOf(err) != LeaseLost {
		t.Error("a zombie put the job off:", err)
	}
	if _, _, err := b.End(t.Context(), heir, Result{Ending: Complete}, Progress{}); err != nil {
		t.Error(err)
	}
	if _, err := b.Begin(t.Context(), connection, job.Key.ID, "w1"); !fault.Is(err, fault.NotFound) {
		t.Error("a job that has ended began again:", err)
	}
}

func TestAFailedAttemptWaits(t *testing.T) {
	b := book(t)
	job := request(t, b, byHand)
	until := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	run := begin(t, b, job, "w1")
	if err := b.Postpone(t.Context(), run, Pause{Until: until, Failed: true, Problem: &Problem{Reason: "R"}, Progress: Progress{Requests: 7}}); err != nil {
		t.Fatal(err)
	}
	waiting, err := b.Job(t.Context(), connection, job.Key.ID)
	if err != nil || waiting.Value.GetState() != backupv1.JobState_JOB_STATE_QUEUED || !waiting.Value.GetNotBeforeTime().AsTime().Equal(until) || resource(t, b).GetLease() != nil {
		t.Error(waiting.Value, err)
	}
	if run = begin(t, b, job, "w1"); run.Failures != 1 || run.Requests != 7 {
		t.Errorf("%+v", run)
	}
}

func TestSomebodyInAHurryNeedNotWait(t *testing.T) {
	b := book(t)
	request(t, b, Request{Queue: jobs.Scheduled, NotBefore: time.Now().Add(time.Hour)})
	if job := request(t, b, byHand); job.Value.GetNotBeforeTime() != nil {
		waiting, err := b.Job(t.Context(), connection, job.Key.ID)
		if err != nil || waiting.Value.GetNotBeforeTime() != nil {
			t.Error(waiting.Value, err)
		}
	}
}

func TestEndWaiting(t *testing.T) {
	for name, test := range map[string]struct {
		problem *Problem
		want    backupv1.JobState
	}{
		"cancelled": {nil, backupv1.JobState_JOB_STATE_CANCELLED},
		"given up":  {&Problem{Reason: "WORKERS_ENDED"}, backupv1.JobState_JOB_STATE_FAILED},
	} {
		t.Run(name, func(t *testing.T) {
			b := book(t)
			job := request(t, b, byHand)
			ended, err := b.EndWaiting(t.Context(), connection, job.Key.ID, test.problem, state.Origin{})
			if err != nil || ended.Value.GetState() != test.want || ended.Value.GetEndTime() == nil {
				t.Error(ended.Value, err)
			}
			if next := request(t, b, byHand); next.Key == job.Key {
				t.Error("nothing can be backed up any more")
			}
		})
	}
}

func TestWhatIsNotProtectedIsNotBackedUp(t *testing.T) {
	b := book(t)
	if err := b.Unprotect(t.Context(), connection, resourceID, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.RequestBackup(t.Context(), connection, resourceID, byHand); fault.ReasonOf(err) != "RESOURCE_NOT_PROTECTED" {
		t.Error(err)
	}
	if err := b.Unprotect(t.Context(), connection, "mail-nobody", "test"); err != nil {
		t.Error(err)
	}
}

func TestTheFirstProfileIsMadeOnce(t *testing.T) {
	b := NewBook(memory.New())
	ensure := func(ctx context.Context) {
		if err := b.EnsureProfile(ctx); err != nil {
			t.Fatal(err)
		}
	}
	ensure(t.Context())
	if _, err := b.Profile(t.Context(), Standard); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CreateProfile(t.Context(), "own", &backupv1.Profile{}, state.Origin{}); err != nil {
		t.Fatal(err)
	}
	if err := b.DeleteProfile(t.Context(), Standard, 0, state.Origin{}); err != nil {
		t.Fatal(err)
	}
	ensure(t.Context())
	if _, err := b.Profile(t.Context(), Standard); !fault.Is(err, fault.NotFound) {
		t.Error("a profile that somebody deleted is back:", err)
	}
}
