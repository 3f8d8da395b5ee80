package redisledger_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
)

// stall is the longest that nothing may happen for reasons of our own.
const stall = 5 * time.Second

// referee watches one mailbox as Exchange would: how many calls there are in any ten seconds, and how many at once.
type referee struct {
	t     *testing.T
	limit int
	per   time.Duration

	mu       sync.Mutex
	calls    []time.Time
	byWorker map[string][]time.Time
	inFlight int
	most     int
}

func (r *referee) begin(worker string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.calls = append(r.calls, now)
	r.byWorker[worker] = append(r.byWorker[worker], now)
	r.inFlight++
	r.most = max(r.most, r.inFlight)
}

func (r *referee) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
}

func (r *referee) verdict(slots int) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.most > slots {
		r.t.Errorf("%d calls at once", r.most)
	}
	worst := 0
	for first, i := 0, 0; i < len(r.calls); i++ {
		for r.calls[i].Sub(r.calls[first]) >= r.per {
			first++
		}
		worst = max(worst, i-first+1)
	}
	if worst > r.limit {
		r.t.Errorf("%d calls in %s, %d are allowed", worst, r.per, r.limit)
	}
	for worker, calls := range r.byWorker {
		longest := time.Duration(0)
		for pair := range slices.Chunk(slices.Concat(calls[:1], double(calls[1:])), 2) {
			if len(pair) == 2 {
				longest = max(longest, pair[1].Sub(pair[0]))
			}
		}
		r.t.Logf("%s: %d calls, longest pause %s", worker, len(calls), longest.Round(time.Millisecond))
		if longest > stall {
			r.t.Errorf("%s stood still for %s", worker, longest)
		}
	}
	r.t.Logf("%d calls, at most %d in %s and %d at once", len(r.calls), worst, r.per, r.most)
}

// double repeats each element but the last: neighbours become pairs.
func double(times []time.Time) (all []time.Time) {
	for i, t := range times {
		if all = append(all, t); i < len(times)-1 {
			all = append(all, t)
		}
	}
	return all
}

const connection = "c1"

// limits of a mailbox that is ten times smaller, so that the test need not last for hours.
var (
	tight   = ratelimit.Limit{Units: 600, Per: 10 * time.Second}
	mailbox = ratelimit.Price{Scope: "mail/u1", Slots: 1, SlotsMax: 4, Charges: []ratelimit.Charge{
		{Budget: "requests", Limit: tight, Units: 1, Lease: 5}}}
)

// worker is one process: a ledger, a limiter, and calls that are a little fewer than the limits allow.
func worker(ctx context.Context, t *testing.T, r *referee, address, name string, every time.Duration, clock func() time.Time) {
	client := redis.NewClient(&redis.Options{Addr: address})
	defer func() { _ = client.Close() }()
	ledger := ratelimit.NewFallback(redisledger.New(client), slog.New(slog.DiscardHandler)).WithClock(clock)
	limiter := ratelimit.NewLimiter(ratelimit.Config{Ledger: ledger, Connection: connection, Holder: name})
	defer limiter.Close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	var calls sync.WaitGroup
	defer calls.Wait()
	for range 4 {
		calls.Go(func() {
			for {
				select {
				case <-tick.C:
				case <-ctx.Done():
					return
				}
				permit, err := limiter.Acquire(ctx, mailbox)
				if ctx.Err() != nil {
					return
				}
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				r.begin(name)
				<-time.After(5 * time.Millisecond)
				r.end()
				permit.Release()
			}
		})
	}
}

// TestNoLimitIsExceededInAnyWeather has three workers on one mailbox, one of them with a clock that is an hour
// slow and one with one that is fast, while Redis is killed and started again, comes back at once, and has its clock
// set ahead and back by an hour.
func TestNoLimitIsExceededInAnyWeather(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := &referee{t: t, limit: int(tight.Units), per: tight.Per, byWorker: map[string][]time.Time{}}
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for i, wrong := range []time.Duration{0, -time.Hour, time.Hour} {
		work.Go(func() {
			worker(ctx, t, r, server.Address, fmt.Sprintf("worker%d", i), 55*time.Millisecond, func() time.Time { return time.Now().Add(wrong) })
		})
	}
	step := func(what string, after time.Duration, do func()) {
		<-time.After(after)
		t.Log(what)
		do()
	}
	step("Redis is killed", 6*time.Second, server.Stop)
	step("Redis is back, and empty", 4*time.Second, server.Start)
	step("Redis is killed and back at once", 6*time.Second, func() { server.Stop(); server.Start() })
	step("Redis's clock is set ahead", 6*time.Second, func() { turn(t, server, time.Hour) })
	step("Redis's clock is set back", 4*time.Second, func() { turn(t, server, -time.Hour) })
	step("the end", 4*time.Second, cancel)
	work.Wait()
	r.verdict(4)
}

// TestABurstIsNotForgottenWithRedis has two workers spend all that there is, and Redis forget it.
func TestABurstIsNotForgottenWithRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	r := &referee{t: t, limit: int(tight.Units), per: tight.Per, byWorker: map[string][]time.Time{}}
	ctx, cancel := context.WithTimeout(t.Context(), 14*time.Second)
	defer cancel()
	var work sync.WaitGroup
	for i := range 2 {
		work.Go(func() {
			worker(ctx, t, r, server.Address, fmt.Sprintf("worker%d", i), time.Millisecond, time.Now)
		})
	}
	<-time.After(1200 * time.Millisecond)
	server.Stop()
	server.Start()
	<-time.After(2 * time.Second)
	server.Stop()
	<-time.After(2 * time.Second)
	server.Start()
	work.Wait()
	r.mu.Lock()
	r.byWorker = nil // they stand still, since the mailbox has nothing left
	r.mu.Unlock()
	r.verdict(4)
}

// turn sets Redis's clock, as its scripts see it.
func turn(t *testing.T, server *redistest.Server, by time.Duration) {
	t.Helper()
	if err := server.Client().HIncrBy(t.Context(), "tk:rl:{"+connection+"}:life", "skew", by.Microseconds()).Err(); err != nil {
		t.Error(err)
	}
}

// quiet keeps what is killed on purpose out of the output.
type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

func TestAKilledWorkersLeasesComeBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), victim+"="+server.Address)
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	ledger := ratelimit.NewFallback(redisledger.New(server.Client()), slog.New(slog.DiscardHandler))
	limiter := ratelimit.NewLimiter(ratelimit.Config{Ledger: ledger, Connection: connection, Holder: "survivor"})
	defer limiter.Close()
	waiting, stop := context.WithTimeout(t.Context(), 6*time.Second) // longer than a lease: the victim renews it
	defer stop()
	if _, err := limiter.Acquire(waiting, mailbox); err == nil {
		t.Fatal("the victim does not hold all slots")
	}
	killed := time.Now()
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // it was killed
	permit, err := limiter.Acquire(t.Context(), mailbox)
	if err != nil {
		t.Fatal(err)
	}
	permit.Release()
	if took := time.Since(killed); took > stall {
		t.Errorf("they came back after %s", took)
	}
}
