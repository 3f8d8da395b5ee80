package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/protection"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

func TestAScheduleBecomesJobsApartInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := memory.New()
	book := outbox.NewBook(store)
	views := outbox.NewViews(book, store)
	var running sync.WaitGroup
	running.Go(func() { _ = views.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })

	const resources = 20
	for i := range resources {
		user := m365.UserID(fmt.Sprint("u", i))
		profile := outbox.Standard
		if i == 0 {
			profile = "other"
		}
		_, err := book.Protect(ctx, "c1", protection.Resource{ID: protection.ResourceID(m365.Mail, user), Workload: m365.Mail, Profile: profile, User: protection.User{ID: user}}, "test")
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := views.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	for views.Resources.Len() < resources {
		if err := bus.Pause(ctx, time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	due := jobs.Due{Name: "profile-standard", Time: time.Now().UTC()}
	fanOut := NewFanOut(book, views)
	for range 2 { // a schedule that is delivered twice leads to the same jobs
		if err := fanOut.Fire(ctx, due); err != nil {
			t.Fatal(err)
		}
	}
	found, times := 0, map[time.Time]bool{}
	for job, err := range state.NewEntities(store, state.KindJob, (*backupv1.Job)(nil)).List(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		at := job.Value.GetNotBeforeTime().AsTime()
		if wait := at.Sub(due.Time); wait < 0 || wait > resources*spreadEach || job.Value.GetQueue() != string(jobs.Scheduled) {
			t.Errorf("%v: %v", wait, job.Value)
		}
		times[at] = true
		found++
	}
	if found != resources-1 || len(times) < found-1 {
		t.Errorf("%d jobs at %d times", found, len(times))
	}
}

// scripted answers Enqueue as it is told, and notes what came.
type scripted struct {
	taken int // how often the place is taken
	came  chan jobs.Job
}

func (s *scripted) Enqueue(_ context.Context, job jobs.Job) (bool, error) {
	if s.taken > 0 {
		s.taken--
		return false, nil
	}
	s.came <- job
	return true, nil
}

func waiting(revision int64, notBefore time.Time) outbox.Job {
	job := outbox.Job{Key: state.Key{Kind: state.KindJob, Connection: "c1", ID: "j1"}, Sequence: uint64(revision), Value: &backupv1.Job{
		Revision: revision, Resource: "connections/c1/resources/mail-u1", Kind: backupv1.JobKind_JOB_KIND_BACKUP,
		State: backupv1.JobState_JOB_STATE_QUEUED, Queue: string(jobs.Scheduled),
	}}
	if !notBefore.IsZero() {
		job.Value.NotBeforeTime = timestamppb.New(notBefore)
	}
	return job
}

func TestPlacer(t *testing.T) {
	queue := &scripted{taken: 1, came: make(chan jobs.Job, 10)}
	placer := NewPlacer(queue, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = placer.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })

	placer.Changed(outbox.Job{}, waiting(1, time.Time{}))
	if job := <-queue.came; job.ID != "j1" || job.Resource != "mail-u1" || job.Kind != KindBackup || job.Turn != 1 {
		t.Errorf("%+v", job)
	}
	began := time.Now()
	placer.Changed(outbox.Job{}, waiting(2, began.Add(300*time.Millisecond)))
	if job := <-queue.came; job.Turn != 2 || time.Since(began) < 300*time.Millisecond {
		t.Errorf("%+v after %v", job, time.Since(began))
	}

	behind := waiting(3, time.Time{})
	behind.Value.AfterJob = "connections/c1/jobs/j0"
	placer.Changed(outbox.Job{}, behind)

	placer.Changed(outbox.Job{}, waiting(3, began.Add(time.Hour)))
	started := waiting(4, time.Time{})
	started.Value.State = backupv1.JobState_JOB_STATE_RUNNING
	placer.Changed(waiting(3, time.Time{}), started)
	placer.mu.Lock()
	defer placer.mu.Unlock()
	if len(placer.waiting) != 0 || len(queue.came) != 0 {
		t.Error("a job that runs is placed again")
	}
}
