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

// end ends a run.
func end(t *testing.T, b *Book, run Run, result Result) {
	t.Helper()
	if err := b.End(t.Context(), run, result, Progress{}); err != nil {
		t.Fatal(err)
	}
}

func TestBackupsOfAResourceAreOneUntilItBegins(t *testing.T) {
	b := book(t)
	first := request(t, b, byHand)
	if again := request(t, b, byHand); again.Key != first.Key {
		t.Error("two jobs wait")
	}
	end(t, b, begin(t, b, first, "w1"), Result{Ending: Complete, Sequence: 4})
	if r := resource(t, b); r.GetLease() != nil || r.GetBackups() != 1 || r.GetVaultSequence() != 4 || r.GetLastSuccess() == nil || r.GetDirty() {
		t.Errorf("%v", r)
	}
	if next := request(t, b, byHand); next.Key == first.Key {
		t.Error("the next backup is the one that ended")
	}
}

func TestWhatHasBegunIsFollowedByOneOther(t *testing.T) {
	b := book(t)
	first := request(t, b, byHand)
	run := begin(t, b, first, "w1")
	if scheduled := request(t, b, Request{Queue: jobs.Scheduled}); scheduled.Key != first.Key {
		t.Error("a schedule got a job of its own")
	}
	second := request(t, b, byHand)
	if second.Key == first.Key || second.Value.GetAfterJob() != first.Value.GetName() || second.Sequence == 0 {
		t.Errorf("%v", second.Value)
	}
	full := byHand
	full.Full = true
	if again := request(t, b, full); again.Key != second.Key || !again.Value.GetFull() {
		t.Errorf("%v", again.Value)
	}
	if err := b.Postpone(t.Context(), run, Pause{Progress: Progress{Requests: 3}}); err != nil {
		t.Fatal(err)
	}
	if again := request(t, b, byHand); again.Key != second.Key {
		t.Error("what has read and waits stands for what is there now")
	}
	end(t, b, begin(t, b, first, "w1"), Result{Ending: Complete, Sequence: 4})
	next, err := b.Job(t.Context(), connection, second.Key.ID)
	if err != nil || next.Value.GetAfterJob() != "" || !next.Value.GetFull() || resource(t, b).GetDirty() {
		t.Error(next.Value, err)
	}
	if again := request(t, b, byHand); again.Key != second.Key {
		t.Error("the job that came forward is not the one that waits")
	}
	third := begin(t, b, next, "w1")
	fourth := request(t, b, byHand)
	if fourth.Key == second.Key {
		t.Error("a job stands for what came after it began")
	}
	end(t, b, third, Result{Ending: Failed, Problem: &Problem{Reason: "R"}})
	end(t, b, begin(t, b, fourth, "w1"), Result{Ending: Complete, Sequence: 5})
	if r := resource(t, b); r.GetBackups() != 3 || r.GetJob() != "" || r.GetNextJob() != "" {
		t.Errorf("%v", r)
	}
}

func TestAnAttemptThatReadNothingStandsForANewRequest(t *testing.T) {
	b := book(t)
	first := request(t, b, byHand)
	if err := b.Postpone(t.Context(), begin(t, b, first, "w1"), Pause{Failed: true, Until: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if again := request(t, b, byHand); again.Key != first.Key || again.Value.GetNotBeforeTime() != nil {
		t.Errorf("%v", again.Value)
	}
}

func TestCancelOfWhatWouldFollowLeavesTheRestAlone(t *testing.T) {
	b := book(t)
	first := request(t, b, byHand)
	run := begin(t, b, first, "w1")
	second := request(t, b, byHand)
	if ended, err := b.EndWaiting(t.Context(), connection, second.Key.ID, nil, state.Origin{}); err != nil || ended.Value.GetState() != backupv1.JobState_JOB_STATE_CANCELLED {
		t.Error(ended.Value, err)
	}
	if r := resource(t, b); r.GetNextJob() != "" || r.GetBackups() != 0 || r.GetLease() == nil {
		t.Errorf("%v", r)
	}
	if third := request(t, b, byHand); third.Key == second.Key || third.Value.GetAfterJob() != first.Value.GetName() {
		t.Errorf("%v", third.Value)
	}
	end(t, b, run, Result{Ending: Complete, Sequence: 4})
}

func TestARepeatedRequestGetsTheSameJob(t *testing.T) {
	b := book(t)
	once := byHand
	once.ID, once.Origin.Actor = "7a1c", "admin"
	first := request(t, b, once)
	end(t, b, begin(t, b, first, "w1"), Result{Ending: Complete, Sequence: 4})
	if again := request(t, b, once); again.Key != first.Key || !Ended(again.Value) {
		t.Errorf("%v", again.Value)
	}
	other := once
	other.Origin.Actor = "somebody else"
	if again := request(t, b, other); again.Key == first.Key {
		t.Error("an id of one caller is that of another")
	}
}

func TestOnlyTheNewestLeaseReports(t *testing.T) {
	b := book(t)
	job := request(t, b, byHand)
	zombie := begin(t, b, job, "w1")
	heir := begin(t, b, job, "w2") // the queue took w1 for dead
	if err := b.End(t.Context(), zombie, Result{Ending: Complete}, Progress{}); fault.ReasonOf(err) != LeaseLost {
		t.Error("a zombie ended the job:", err)
	}
	if err := b.Postpone(t.Context(), zombie, Pause{}); fault.ReasonOf(err) != LeaseLost {
		t.Error("a zombie put the job off:", err)
	}
	if err := b.End(t.Context(), heir, Result{Ending: Complete}, Progress{}); err != nil {
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
