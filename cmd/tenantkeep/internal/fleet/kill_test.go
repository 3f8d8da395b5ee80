//go:build kills

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
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// What the bar asks: so many kills, so many of them in the middle of work. The fleets work side by
// side, since they mostly wait for their tenants.
const (
	fleets  = 2
	kills   = 20 / fleets // of each
	mustHit = 15          // of all
)

// worn is the tenant of these tests: slow enough that work takes seconds, so that kills hit it.
var worn = sim.Config{Users: 3, Mails: 120, Files: 6, Seed: 9, Latency: 100 * time.Millisecond}

// TestKills kills backup-worker, restore-worker and nats-server, once in each phase of many rounds, at
// times drawn over the length that the phase takes unharmed, and expects that nothing is lost and
// nothing is there twice.
func TestKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TENANTKEEP_KILL_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("seed: TENANTKEEP_KILL_SEED=%d", seed)
	t.Setenv("TENANTKEEP_ACK_WAIT", "2s")
	var hit atomic.Int64
	t.Run("fleets", func(t *testing.T) {
		for n := range fleets {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				hit.Add(killing(t, rand.New(rand.NewPCG(seed, uint64(n)))))
			})
		}
	})
	t.Logf("%d of %d kills hit work in flight", hit.Load(), fleets*kills)
	if hit.Load() < mustHit && !t.Failed() {
		t.Errorf("only %d kills hit work in flight: the test proves too little", hit.Load())
	}
}

// killing wears a fleet out, and tells how many kills hit work in flight.
func killing(t *testing.T, random *rand.Rand) int64 {
	b := start(t, fleet.Options{FreePorts: true}, worn)
	b.protect(2 * worn.Users)
	lengths := map[string]time.Duration{}
	b.round(0, func(worker string, work func()) {
		began := time.Now()
		work()
		lengths[worker] = time.Since(began)
	})
	t.Logf("unharmed: %v", lengths)
	k := &killer{bench: b, random: random, lengths: lengths}
	for round := 1; k.killed < kills; round++ {
		b.round(round, k.during)
	}
	return int64(k.hit)
}

// round is a day of work, a backup, a disaster and a restore; the tenant has to be as it was. Phase
// is given the worker that has to do the work, and the work.
func (b *bench) round(n int, phase func(worker string, work func())) {
	b.Helper()
	b.change(fmt.Sprintf(`{"share":0.2,"seed":%d}`, n))
	phase("backup-worker", func() {
		b.persist("backup", "start", "--all")
		b.idle()
	})
	for _, r := range b.resources() {
		if r.GetLastBackup().GetOutcome() != backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE {
			b.Errorf("round %d: backup of %s: %v", n, r.GetName(), r.GetLastBackup())
		}
	}
	before := b.checksum()
	b.change(`{"disaster":"delete"}`)
	phase("restore-worker", func() {
		for _, r := range b.resources() {
			b.persist("restore", "start", r.GetName(), "--request-id", fmt.Sprintf("round-%d-%s", n, r.GetUnit()))
		}
		b.idle()
	})
	for _, r := range b.restores((n + 1) * 2 * worn.Users) {
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

// restores lists all restores when so many have ended. Each service has a view of its own of what
// happened, and one may be behind another for a moment after nats-server was away.
func (b *bench) restores(expected int) []*restorev1.Restore {
	b.Helper()
	var all restorev1.ListRestoresResponse
	b.until("restores end", time.Minute, func() bool {
		b.askUntil(&all, "restore", "list")
		return len(all.GetRestores()) == expected && !slices.ContainsFunc(all.GetRestores(), func(r *restorev1.Restore) bool {
			return r.GetState() == restorev1.RestoreState_RESTORE_STATE_QUEUED || r.GetState() == restorev1.RestoreState_RESTORE_STATE_RUNNING
		})
	})
	return all.GetRestores()
}

// killer kills one process in each phase.
type killer struct {
	*bench
	random      *rand.Rand
	lengths     map[string]time.Duration
	killed, hit int
}

// during runs the work of a worker, and kills the worker, or every third time the bus, in the middle.
func (k *killer) during(worker string, work func()) {
	victim := worker
	if k.killed%3 == 2 {
		victim = "nats"
	}
	at := time.Duration(k.random.Int64N(int64(k.lengths[worker])))
	ctx, cancel := context.WithCancel(k.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-time.After(at):
			k.kill(victim, at)
		case <-ctx.Done(): // the work was faster this time
		}
	}()
	work()
	cancel()
	<-done
}

// kill ends a process the hard way and starts it again.
func (k *killer) kill(victim string, at time.Duration) {
	var running backupv1.ListJobsResponse
	busy := k.askOnce(&running, "job", "list", "--state", "running") && len(running.GetJobs()) > 0
	k.Kill(victim)
	k.killed++
	if busy {
		k.hit++
	}
	k.Logf("kill %d: %s after %s, work in flight: %v", k.killed, victim, at.Round(time.Millisecond), busy)
	if err := k.Restart(k.Context(), victim); err != nil {
		k.Errorf("restart %s: %v", victim, err)
	}
}

// askOnce is one try.
func (b *bench) askOnce(answer proto.Message, arguments ...string) bool {
	status, out, _ := b.try(append(arguments, "--json")...)
	return status == 0 && protojson.Unmarshal([]byte(out), answer) == nil
}
