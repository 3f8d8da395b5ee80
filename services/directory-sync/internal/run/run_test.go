package run_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/directory"
	"github.com/tenantkeep/tenantkeep/services/directory-sync/internal/run"
)

func synced(t tester, p process, order run.Order) run.Report {
	t.Helper()
	report, err := p.Sync(context.Background(), connection, order)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// scenario is a first sync and, a day later, a change of everything that can change.
func scenario(t tester, store state.Store) (*tenant, *clock) {
	entra, clock := &tenant{}, newClock()
	p := start(t, store, entra, clock, "first")
	p.mapping(t, "all", 10, "standard", allUsers)
	p.mapping(t, "vip", 5, "gold", managers)
	for i := range 6 {
		entra.put(person(fmt.Sprint("u", i)))
	}
	entra.join("managers", "u1")
	synced(t, p, run.Order{})
	p.stop()
	entra.remove("u0")
	entra.leave("managers", "u1")
	entra.join("managers", "u2")
	blocked := person("u3")
	blocked.Enabled = false
	entra.put(blocked)
	renamed := person("u4")
	renamed.PrincipalName = "u0@contoso.com"
	entra.put(renamed)
	entra.put(person("u6"))
	clock.pass(24 * time.Hour)
	return entra, clock
}

func TestKilledAnywhereEndsTheSame(t *testing.T) {
	unharmed := memory.New()
	entra, clock := scenario(t, unharmed)
	synced(t, start(t, unharmed, entra, clock, "second"), run.Order{})
	want := facts(t, unharmed)

	for _, after := range []bool{false, true} {
		for cut, died := 1, true; died; cut++ {
			t.Run(fmt.Sprintf("at commit %d, taken effect %v", cut, after), func(t *testing.T) {
				store := memory.New()
				entra, clock := scenario(t, store)
				mortal := &dying{Store: store, left: cut, after: after}
				killed := start(t, mortal, entra, clock, "killed")
				_, err := killed.Sync(t.Context(), connection, run.Order{})
				killed.stop()
				if died = mortal.dead; died && err == nil && mortal.left < 0 {
					t.Log("died while giving the lease back")
				}
				clock.pass(2 * time.Minute) // the dead process's lease runs out
				synced(t, start(t, store, entra, clock, "next"), run.Order{})
				if diff := cmp.Diff(want, facts(t, store)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestLeaseKeepsOthersOutAndFencesThePaused(t *testing.T) {
	store := memory.New()
	entra, clock := scenario(t, store)
	paused, other := start(t, store, entra, clock, "paused"), start(t, store, entra, clock, "other")
	lease, err := paused.ours.Lease(t.Context(), connection, run.Run{ID: "r1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Sync(t.Context(), connection, run.Order{}); fault.ReasonOf(err) != "SYNC_RUNNING" || fault.RetryAfterOf(err) == 0 {
		t.Fatalf("%v", err)
	}
	clock.pass(2 * time.Minute)
	synced(t, other, run.Order{})
	said := facts(t, store)

	user := paused.ours.Users(connection)["u5"]
	suspended := user
	suspended.State, suspended.Reason = directory.Suspended, directory.ReasonOutOfScope
	change := directory.Turn(user, suspended)
	_, err = lease.Write([]run.Planned{{Change: change, Reason: "old news"}}, func(m365.UserID, directory.User) directory.Change { return change })
	if fault.ReasonOf(err) != "SYNC_TAKEN_OVER" {
		t.Errorf("%v", err)
	}
	lease.Release()
	if diff := cmp.Diff(said, facts(t, store)); diff != "" {
		t.Errorf("the paused run wrote: %s", diff)
	}
}

func TestUserThatCannotBeWrittenCostsOnlyItself(t *testing.T) {
	store, entra, clock := memory.New(), &tenant{}, newClock()
	p := start(t, store, entra, clock, "p")
	p.mapping(t, "all", 10, "standard", allUsers)
	for _, id := range []string{"a", "b.is.no.token", "c"} {
		entra.put(person(id))
	}
	for range 2 { // it is tried again, and reported again
		report := synced(t, p, run.Order{})
		if len(report.Failed) != 1 || report.Failed[0].User != "b.is.no.token" || fault.KindOf(report.Failed[0].Err) != fault.Invalid {
			t.Errorf("%+v", report)
		}
	}
	if said := facts(t, store); len(said) != 2 || len(said["a"]) != 1 || len(said["c"]) != 1 {
		t.Errorf("%v", said)
	}
}

func TestSomebodyMissingIsAskedForBeforeHeIsRemoved(t *testing.T) {
	store, entra, clock := memory.New(), &tenant{}, newClock()
	p := start(t, store, entra, clock, "p")
	p.mapping(t, "all", 10, "standard", allUsers)
	entra.put(person("a"))
	synced(t, p, run.Order{})
	late := &lagging{tenant: entra, extra: person("late")}
	p.Runner = run.New(late, p.ours, clock.Now)
	if _, err := p.Import(t.Context(), connection, "late", "gold", "person:admin"); err != nil {
		t.Fatal(err)
	}
	for _, full := range []bool{false, true} {
		if report := synced(t, p, run.Order{Full: full}); report.Removed != 0 {
			t.Errorf("%+v", report)
		}
	}
	late.extra = directory.Person{}
	if report := synced(t, p, run.Order{Full: true}); report.Removed != 1 {
		t.Errorf("%+v", report)
	}
}

// lagging is a tenant whose delta does not show a person yet whom it has.
type lagging struct {
	*tenant
	extra directory.Person
}

func (l *lagging) Open(context.Context, m365.ConnectionID) (run.Source, error) { return l, nil }

func (l *lagging) Person(ctx context.Context, key string) (directory.Person, error) {
	if key == string(l.extra.ID) {
		return l.extra, nil
	}
	return l.tenant.Person(ctx, key)
}

func TestMassChangeDoesTheRest(t *testing.T) {
	store, entra, clock := memory.New(), &tenant{}, newClock()
	p := start(t, store, entra, clock, "p")
	p.mapping(t, "all", 10, "standard", allUsers)
	for i := range 20 {
		entra.put(person(fmt.Sprint("u", i)))
	}
	synced(t, p, run.Order{})
	for i := range 15 {
		entra.remove(m365.UserID(fmt.Sprint("u", i)))
	}
	entra.put(person("new"))
	for _, full := range []bool{false, true, false} {
		report, err := p.Sync(t.Context(), connection, run.Order{Full: full})
		if fault.ReasonOf(err) != "MASS_CHANGE" || report.Removed != 0 {
			t.Errorf("%+v, %v", report, err)
		}
	}
	if said := facts(t, store); len(said["new"]) != 1 {
		t.Error("the safe part was not done")
	}
	if report := synced(t, p, run.Order{AllowMassChange: true}); report.Removed != 15 {
		t.Errorf("%+v", report)
	}
}

// TestAnyWeatherEndsAsAFullRead lets changes happen, and syncs fail, lose links and see changes twice,
// in any order. A fresh directory that reads once has to agree on who is active, with which profile.
func TestAnyWeatherEndsAsAFullRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entra, clock, store := &tenant{}, newClock(), memory.New()
		p := start(t, store, entra, clock, "p")
		p.mapping(t, "all", 10, "standard", allUsers)
		p.mapping(t, "vip", 5, "gold", managers)
		entra.put(person("admin"))
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			step(t, p, entra)
			clock.pass(time.Hour)
		}
		entra.broken = nil
		synced(t, p, run.Order{AllowMassChange: true})
		fresh := start(t, memory.New(), entra, clock, "fresh")
		fresh.mapping(t, "all", 10, "standard", allUsers)
		fresh.mapping(t, "vip", 5, "gold", managers)
		synced(t, fresh, run.Order{})
		if diff := cmp.Diff(active(fresh), active(p)); diff != "" {
			t.Fatal(diff)
		}
		requests := entra.asked
		if report := synced(t, p, run.Order{}); report.Read != 0 && entra.replay == 0 || entra.asked != requests+2 {
			t.Fatalf("%+v after %d requests", report, entra.asked-requests)
		}
	})
}

func step(t *rapid.T, p process, entra *tenant) {
	id := fmt.Sprint("u", rapid.IntRange(0, 4).Draw(t, "user"))
	switch rapid.SampledFrom([]string{"put", "block", "remove", "join", "leave", "sync", "lose", "break", "mend", "replay"}).Draw(t, "step") {
	case "put":
		entra.put(person(id))
	case "block":
		blocked := person(id)
		blocked.Enabled = false
		entra.put(blocked)
	case "remove":
		entra.remove(m365.UserID(id))
	case "join":
		entra.join("managers", m365.UserID(id))
	case "leave":
		entra.leave("managers", m365.UserID(id))
	case "lose":
		entra.lost = len(entra.what)
	case "break":
		entra.broken = fault.New(fault.Transient, "read", "503")
	case "mend":
		entra.broken = nil
	case "replay":
		entra.replay = rapid.IntRange(0, 5).Draw(t, "replayed")
	case "sync":
		_, err := p.Sync(context.Background(), connection, run.Order{AllowMassChange: true})
		if err != nil && !errors.Is(err, entra.broken) {
			t.Fatal(err)
		}
	}
}

func active(p process) map[m365.UserID]m365.ProfileID {
	profiles := map[m365.UserID]m365.ProfileID{}
	for id, user := range p.ours.Users(connection) {
		if user.State == directory.Active {
			profiles[id] = user.Profile
		}
	}
	return profiles
}

func TestMembersAreReadAnewWhenOtherGroupsAreNamed(t *testing.T) {
	store, entra, clock := memory.New(), &tenant{}, newClock()
	p := start(t, store, entra, clock, "p")
	p.mapping(t, "vip", 5, "gold", managers)
	entra.put(person("a"))
	entra.put(person("b"))
	entra.join("managers", "a")
	synced(t, p, run.Order{})
	edit(t, p, group("others")) // managers is not followed for a while
	synced(t, p, run.Order{})
	entra.leave("managers", "a")
	entra.join("managers", "b")
	synced(t, p, run.Order{})
	edit(t, p, managers)
	synced(t, p, run.Order{})
	if diff := cmp.Diff(map[m365.UserID]m365.ProfileID{"b": "gold"}, active(p)); diff != "" {
		t.Error(diff)
	}
}

func TestMirrorGrowsAndShrinksWithItsParts(t *testing.T) {
	store, entra, clock := memory.New(), &tenant{}, newClock()
	p := start(t, store, entra, clock, "p")
	p.mapping(t, "vip", 5, "gold", managers)
	parts := func() int {
		cursor, err := p.ours.Cursor(t.Context(), connection)
		if err != nil {
			t.Fatal(err)
		}
		mirror, err := p.ours.Mirror(t.Context(), connection, cursor)
		if err != nil || mirror.People() != living(entra) {
			t.Fatalf("%d people of %d, %v", mirror.People(), living(entra), err)
		}
		return cursor.Parts
	}
	for i := range 10_000 {
		entra.put(person(fmt.Sprint("u", i)))
		if i == 9 {
			synced(t, p, run.Order{})
			if parts() != 1 {
				t.Errorf("%d parts for ten people", parts())
			}
		}
	}
	synced(t, p, run.Order{})
	if parts() < 4 {
		t.Errorf("%d parts for ten thousand", parts())
	}
	for i := range 9_990 {
		entra.remove(m365.UserID(fmt.Sprint("u", i)))
	}
	synced(t, p, run.Order{})
	parts()
	synced(t, p, run.Order{Full: true})
	if parts() != 1 {
		t.Errorf("%d parts after a full read of ten", parts())
	}
	kept := 0
	for range store.List(t.Context(), state.KindCursor, connection) {
		kept++
	}
	if kept != 3 {
		t.Errorf("%d internal entities, want lease, cursor and one part", kept)
	}
}

func living(entra *tenant) int {
	count := 0
	_, _ = entra.People(context.Background(), "", func(run.PersonNews) error { count++; return nil })
	return count
}
