package fleet_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// What the bar asks: so many kills, so many of them in the middle of work.
const (
	kills      = 20
	mustHit    = 15
	killsRound = 7
)

// worn is the tenant of these tests: slow enough that work takes seconds, so that kills hit it.
var worn = sim.Config{Users: 4, Mails: 250, Files: 30, Seed: 9, Latency: 100 * time.Millisecond}

// TestKills kills backup-worker, restore-worker and nats-server at times drawn over the length of an
// unharmed run, and expects that nothing is lost and nothing is there twice.
func TestKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TENANTKEEP_KILL_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seed: TENANTKEEP_KILL_SEED=%d", seed)
	t.Setenv("TENANTKEEP_ACK_WAIT", "3s")
	b := start(t, fleet.Options{FreePorts: true}, worn)
	b.protect(2 * worn.Users)

	began := time.Now()
	b.round(0)
	length := time.Since(began)
	t.Logf("an unharmed run takes %s", length)

	k := &killer{bench: b, random: rand.New(rand.NewPCG(seed, 0))}
	for round := 1; k.killed < kills; round++ {
		k.over(length, func() { b.round(round) })
	}
	t.Logf("%d kills, %d hit work in flight", k.killed, k.hit)
	if k.hit < mustHit {
		t.Errorf("only %d of %d kills hit work in flight: the test proves too little", k.hit, k.killed)
	}
}

// round is a day of work, a backup, a disaster and a restore; the tenant has to be as it was.
func (b *bench) round(n int) {
	b.Helper()
	b.change(fmt.Sprintf(`{"share":0.05,"seed":%d}`, n))
	b.persist("backup", "start", "--all")
	b.idle()
	for _, r := range b.resources() {
		if r.GetLastBackup().GetOutcome() != backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE {
			b.Errorf("round %d: backup of %s: %v", n, r.GetName(), r.GetLastBackup())
		}
	}
	before := b.checksum()
	b.change(`{"disaster":"delete"}`)
	for _, r := range b.resources() {
		b.persist("restore", "start", r.GetName(), "--request-id", fmt.Sprintf("round-%d-%s", n, r.GetUnit()))
	}
	b.idle()
	var restores restorev1.ListRestoresResponse
	b.askUntil(&restores, "restore", "list")
	for _, r := range restores.GetRestores() {
		if r.GetState() != restorev1.RestoreState_RESTORE_STATE_SUCCEEDED {
			b.Errorf("round %d: %s of %s: %v", n, r.GetName(), r.GetDisplayName(), r.GetReport())
		}
	}
	for _, difference := range before.differences(b.checksum()) {
		b.Errorf("round %d: %s", n, difference)
	}
	if b.Failed() {
		b.FailNow()
	}
}

// idle waits until no job is queued or running.
func (b *bench) idle() {
	b.Helper()
	b.until("jobs end", 2*time.Minute, func() bool {
		var jobs backupv1.ListJobsResponse
		b.askUntil(&jobs, "job", "list")
		return !slices.ContainsFunc(jobs.GetJobs(), func(j *backupv1.Job) bool {
			return j.GetState() == backupv1.JobState_JOB_STATE_QUEUED || j.GetState() == backupv1.JobState_JOB_STATE_RUNNING
		})
	})
}

// killer kills while a round goes on.
type killer struct {
	*bench
	random      *rand.Rand
	killed, hit int
}

// over runs work and kills at times drawn over the length that it would take unharmed.
func (k *killer) over(length time.Duration, work func()) {
	var over atomic.Bool
	done := make(chan struct{})
	times := make([]time.Duration, min(killsRound, kills-k.killed))
	for i := range times {
		times[i] = time.Duration(k.random.Int64N(int64(length)))
	}
	slices.Sort(times)
	victims := k.random.Perm(len(times))
	ctx, cancel := context.WithCancel(k.Context())
	defer cancel()
	go func() {
		defer close(done)
		began := time.Now()
		for i, at := range times {
			select {
			case <-time.After(time.Until(began.Add(at))):
			case <-ctx.Done():
				return
			}
			if over.Load() {
				return
			}
			k.kill(victims[i])
		}
	}()
	work()
	over.Store(true)
	cancel()
	<-done
}

// kill ends a process the hard way and starts it again.
func (k *killer) kill(draw int) {
	requests := k.requests()
	<-time.After(60 * time.Millisecond)
	busy := k.requests() > requests
	victim := "nats"
	if draw%3 != 0 {
		victim = k.busy()
	}
	k.Kill(victim)
	k.killed++
	if busy {
		k.hit++
	}
	k.Logf("kill %d: %s, work in flight: %v", k.killed, victim, busy)
	if err := k.Restart(k.Context(), victim); err != nil {
		k.Errorf("restart %s: %v", victim, err)
	}
}

// busy is the worker whose work is going on, as far as the servers can tell.
func (k *killer) busy() string {
	var restores restorev1.ListRestoresResponse
	if !k.askOnce(&restores, "restore", "list") {
		return "restore-worker"
	}
	for _, r := range restores.GetRestores() {
		if r.GetState() == restorev1.RestoreState_RESTORE_STATE_RUNNING || r.GetState() == restorev1.RestoreState_RESTORE_STATE_QUEUED {
			return "restore-worker"
		}
	}
	return "backup-worker"
}
