package run_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/outbox"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

const connection m365.ConnectionID = "c1"

// tester is what a test and a property have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
	Cleanup(func())
}

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// process is one directory-sync over a store that outlives it.
type process struct {
	*run.Runner
	ours outbox.Ours
	stop func()
}

func start(t tester, store state.Store, entra *tenant, clock *clock, owner string) process {
	t.Helper()
	d := outbox.New(outbox.Config{State: store, Owner: owner, LeaseFor: time.Minute, Now: clock.Now})
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	parts.Go(func() { _ = d.Users.Run(ctx) })
	parts.Go(func() { _ = d.Mappings.Run(ctx) })
	<-d.Users.Ready()
	<-d.Mappings.Ready()
	stop := func() { cancel(); parts.Wait() }
	t.Cleanup(stop)
	ours := outbox.Ours{Directory: d}
	return process{run.New(entra, ours, clock.Now), ours, stop}
}

func (p process) mapping(t tester, id string, priority int32, profile string, criterion *directoryv1.Criterion) {
	t.Helper()
	_, err := p.ours.CreateMapping(context.Background(), connection, &directoryv1.Mapping{
		Name: "connections/c1/mappings/" + id, Priority: priority, Profile: "profiles/" + profile, Criterion: criterion}, "person:admin")
	if err != nil {
		t.Fatal(err)
	}
}

var (
	allUsers = &directoryv1.Criterion{Kind: &directoryv1.Criterion_AllUsers{}}
	managers = group("managers")
)

func person(id string) directory.Person {
	return directory.Person{ID: m365.UserID(id), PrincipalName: id + "@contoso.com", DisplayName: id, Enabled: true}
}

// facts lists everything that was said about users, by id.
func facts(t tester, store *memory.Store) map[string][]string {
	t.Helper()
	said := map[string][]string{}
	ctx, done := context.WithCancelCause(context.Background())
	caughtUp := errors.New("caught up")
	_ = store.Watch(ctx, state.Filter{Kinds: []state.Kind{state.KindUser}}, func(record state.Record) error {
		said[record.Key.ID] = append(said[record.Key.ID], record.Fact)
		return nil
	}, func() { done(caughtUp) })
	return said
}

// dying is a store whose process dies at the n-th commit, before or after it took effect. Afterwards
// it refuses everything.
type dying struct {
	state.Store
	mu    sync.Mutex
	left  int
	after bool
	dead  bool
}

var errDead = errors.New("killed")

func (d *dying) Commit(ctx context.Context, changes ...state.Change) ([]state.Record, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left--; d.left == 0 {
		d.dead = true
		if d.after {
			_, _ = d.Store.Commit(ctx, changes...)
		}
	}
	if d.dead {
		return nil, errDead
	}
	return d.Store.Commit(ctx, changes...)
}

func group(id string) *directoryv1.Criterion {
	return &directoryv1.Criterion{Kind: &directoryv1.Criterion_Group{Group: &directoryv1.GroupMembers{GroupId: id}}}
}

// edit gives mapping vip another criterion.
func edit(t tester, p process, criterion *directoryv1.Criterion) {
	t.Helper()
	_, err := p.ours.UpdateMapping(context.Background(), connection, "vip", "person:admin", func(mapping *directoryv1.Mapping) error {
		mapping.Criterion = criterion
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
