package dispatch

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/jobs"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/names"
	"github.com/tenantkeep/tenantkeep/services/backup-worker/internal/outbox"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

// Queue is what is needed of the queue.
type Queue interface {
	// Enqueue returns false if the place is taken.
	Enqueue(ctx context.Context, job jobs.Job) (queued bool, err error)
}

// Kinds of jobs in the queue, as their workers know them.
const (
	KindBackup = "backup"
	KindVerify = "verify"
)

// A place that is taken is tried again after a moment: the job before has ended in state already when
// this one is written, and its entry goes a little later. One that stays taken is tried less often.
const (
	again     = 100 * time.Millisecond
	againMost = time.Minute
)

// Placer puts the jobs that wait into the queue.
type Placer struct {
	queue Queue
	log   *slog.Logger
	wake  chan struct{}

	mu      sync.Mutex
	waiting map[state.Key]wait
}

type wait struct {
	job  outbox.Job
	next time.Time     // when to try
	wait time.Duration // after the next refusal
}

// NewPlacer returns a placer that knows of no job yet.
func NewPlacer(queue Queue, log *slog.Logger) *Placer {
	return &Placer{queue: queue, log: log, wake: make(chan struct{}, 1), waiting: map[state.Key]wait{}}
}

// Changed is the hint that a job is in that state now. A removed one has no value. One that waits for the
// end of another is none of the queue's business yet: that end changes it.
func (p *Placer) Changed(before, after outbox.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if after.Value.GetState() != backupv1.JobState_JOB_STATE_QUEUED || after.Value.GetAfterJob() != "" {
		delete(p.waiting, before.Key)
		return
	}
	p.waiting[after.Key] = wait{job: after, next: due(after.Value)}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func due(job *backupv1.Job) time.Time {
	if job.GetNotBeforeTime() == nil {
		return time.Time{}
	}
	return job.GetNotBeforeTime().AsTime()
}

// Run places jobs until ctx ends.
func (p *Placer) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-p.wake:
		case <-timer.C:
		case <-ctx.Done():
			return nil
		}
		timer.Reset(p.place(ctx))
	}
}

// idle is how long nothing happens without a hint.
const idle = time.Minute

// place tries what is due, and returns how long to wait for the next.
func (p *Placer) place(ctx context.Context) time.Duration {
	for _, entry := range p.due(time.Now()) {
		queued, err := p.queue.Enqueue(bus.WithTrace(ctx, entry.trace), entry.job)
		if err != nil && ctx.Err() == nil {
			p.log.Warn("job not queued", "job", entry.job.ID, "error", err)
		}
		p.tried(entry.key, entry.sequence, queued && err == nil)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	next := idle
	for _, entry := range p.waiting {
		next = min(next, time.Until(entry.next))
	}
	return max(next, 0)
}

type dueJob struct {
	key      state.Key
	sequence uint64
	trace    string // of who asked for it
	job      jobs.Job
}

func (p *Placer) due(now time.Time) []dueJob {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []dueJob
	for key, entry := range p.waiting {
		if !entry.next.After(now) {
			all = append(all, dueJob{key, entry.job.Sequence, entry.job.Trace, entryOf(entry.job)})
		}
	}
	return all
}

// tried forgets what is in the queue now. What changed meanwhile is another wish.
func (p *Placer) tried(key state.Key, sequence uint64, queued bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry, known := p.waiting[key]
	switch {
	case !known || entry.job.Sequence != sequence:
	case queued:
		delete(p.waiting, key)
	default:
		entry.wait = min(max(2*entry.wait, again), againMost)
		entry.next = time.Now().Add(entry.wait)
		p.waiting[key] = entry
	}
}

// entryOf is the queue's entry of a job. Its turn is the job's revision, so that the server does not
// take a job that comes back for a repetition of the first message.
func entryOf(job outbox.Job) jobs.Job {
	kind := KindBackup
	if job.Value.GetKind() == backupv1.JobKind_JOB_KIND_VERIFY {
		kind = KindVerify
	}
	return jobs.Job{
		ID: job.Key.ID, Class: jobs.Class(job.Value.GetQueue()), Connection: job.Key.Connection, Resource: names.Last(job.Value.GetResource()),
		Kind: kind, Created: job.Value.GetCreateTime().AsTime(), Turn: int(job.Value.GetRevision()),
	}
}
