package state_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/state"
	"github.com/tenantkeep/tenantkeep/pkg/state/memory"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

var byDelta = state.Origin{Cause: "delta", RunID: "run1", Actor: "service:directory-sync"}

func usersOf(store state.Store) *state.Entities[*directoryv1.User] {
	return state.NewEntities(store, state.KindUser, (*directoryv1.User)(nil))
}

func create(t *testing.T, users *state.Entities[*directoryv1.User], id string, user *directoryv1.User, also ...state.Change) state.Entity[*directoryv1.User] {
	t.Helper()
	entity, err := users.Create(t.Context(), "c1", id, "user-provisioned", user, byDelta, also...)
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

func TestChangesAreCountedAndNoted(t *testing.T) {
	users := usersOf(memory.New())
	create(t, users, "u1", &directoryv1.User{Name: "u1", DisplayName: "Ann", AccountEnabled: true})
	want := &directoryv1.User{
		Name: "u1", DisplayName: "Ann Lee", Mail: "ann@example.com", Revision: 2,
		Change: &typev1.Change{
			Cause: "delta", RunId: "run1", Actor: "service:directory-sync",
			Fields: []string{"display_name", "mail", "account_enabled"},
			Before: map[string]string{"display_name": `"Ann"`, "account_enabled": "true"},
		},
	}
	updated, err := users.Update(t.Context(), "c1", "u1", byDelta, func(u *directoryv1.User) (string, error) {
		u.DisplayName, u.Mail, u.AccountEnabled = "Ann Lee", "ann@example.com", false
		return "user-updated", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := users.Get(t.Context(), "c1", "u1")
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []state.Entity[*directoryv1.User]{updated, read} {
		if diff := cmp.Diff(want, got.Value, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		if got.Fact != "user-updated" || got.Sequence != 2 {
			t.Errorf("%s at %d", got.Fact, got.Sequence)
		}
	}
}

func TestNothingToWriteIsNotWritten(t *testing.T) {
	users := usersOf(memory.New())
	first := create(t, users, "u1", &directoryv1.User{DisplayName: "Ann"})
	if _, err := users.Update(t.Context(), "c1", "u1", byDelta, func(*directoryv1.User) (string, error) { return "", nil }); err != nil {
		t.Fatal(err)
	}
	refusal := fault.New(fault.Precondition, "suspend", "not now")
	if _, err := users.Update(t.Context(), "c1", "u1", byDelta, func(*directoryv1.User) (string, error) { return "user-suspended", refusal }); !fault.Is(err, fault.Precondition) {
		t.Error(err)
	}
	if got, err := users.Get(t.Context(), "c1", "u1"); err != nil || got.Sequence != first.Sequence {
		t.Errorf("sequence %d after %d, %v", got.Sequence, first.Sequence, err)
	}
}

func TestCreateOnceAndAgainAfterRemoval(t *testing.T) {
	users := usersOf(memory.New())
	create(t, users, "u1", &directoryv1.User{DisplayName: "Ann"})
	if _, err := users.Create(t.Context(), "c1", "u1", "user-provisioned", &directoryv1.User{}, byDelta); !fault.Is(err, fault.Exists) {
		t.Errorf("second creation: %v", err)
	}
	remove := func(state.Entity[*directoryv1.User]) (state.Decision, error) {
		return state.Decision{Fact: "user-removed", Remove: true}, nil
	}
	gone, err := users.Decide(t.Context(), "c1", "u1", byDelta, remove)
	if err != nil || !gone.Removed || gone.Value.GetDisplayName() != "Ann" {
		t.Fatalf("%+v, %v", gone, err)
	}
	if _, err := users.Decide(t.Context(), "c1", "u1", byDelta, remove); !fault.Is(err, fault.NotFound) {
		t.Errorf("second removal: %v", err)
	}
	again := create(t, users, "u1", &directoryv1.User{DisplayName: "Ann"})
	if got := again.Value.GetRevision(); got != 3 {
		t.Errorf("revision %d, want one after the removal's", got)
	}
}

func TestUpdatesDoNotOverwriteEachOther(t *testing.T) {
	users := usersOf(memory.New())
	create(t, users, "u1", &directoryv1.User{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20 {
				if _, err := users.Update(t.Context(), "c1", "u1", byDelta, func(u *directoryv1.User) (string, error) {
					u.DisplayName += "x"
					return "user-updated", nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	got, err := users.Get(t.Context(), "c1", "u1")
	if err != nil || len(got.Value.GetDisplayName()) != 160 || got.Value.GetRevision() != 161 {
		t.Errorf("%d edits, revision %d, %v", len(got.Value.GetDisplayName()), got.Value.GetRevision(), err)
	}
}

func TestClaimHasOneOwner(t *testing.T) {
	store := memory.New()
	users := usersOf(store)
	claim := func(id string) state.Claim {
		return state.Claim{Connection: "c1", Name: "upn", Value: "ann@example.com", Owner: users.Key("c1", id)}
	}
	take := func(id string) ([]state.Change, error) { return claim(id).Take(t.Context(), store) }

	changes, err := take("u1")
	if err != nil || len(changes) != 1 {
		t.Fatalf("%v, %v", changes, err)
	}
	tooLate, err := take("u2") // decided at the same time
	if err != nil {
		t.Fatal(err)
	}
	create(t, users, "u1", &directoryv1.User{}, changes...)
	if _, err := users.Create(t.Context(), "c1", "u2", "user-provisioned", &directoryv1.User{}, byDelta, tooLate...); !fault.Is(err, fault.Conflict) {
		t.Errorf("the slower one: %v", err)
	}
	if _, err := users.Get(t.Context(), "c1", "u2"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an owner without its value: %v", err)
	}
	if _, err := take("u2"); !fault.Is(err, fault.Exists) || fault.ReasonOf(err) != "VALUE_TAKEN" {
		t.Errorf("a value that is taken: %v", err)
	}
	if changes, err := take("u1"); err != nil || len(changes) != 0 {
		t.Errorf("its own value: %v, %v", changes, err)
	}
	if changes, err := claim("u2").Release(t.Context(), store); err != nil || len(changes) != 0 {
		t.Errorf("somebody else's: %v, %v", changes, err)
	}
	free, err := claim("u1").Release(t.Context(), store)
	if err != nil || len(free) != 1 {
		t.Fatalf("%v, %v", free, err)
	}
	if _, err := users.Decide(t.Context(), "c1", "u1", byDelta, func(state.Entity[*directoryv1.User]) (state.Decision, error) {
		return state.Decision{Fact: "user-removed", Remove: true, Also: free}, nil
	}); err != nil {
		t.Fatal(err)
	}
	changes, err = take("u2")
	if err != nil {
		t.Fatal(err)
	}
	create(t, users, "u2", &directoryv1.User{}, changes...)
}

// follow runs a projection until the test ends, and waits until it is ready.
func follow(t *testing.T, p *state.Projection[*directoryv1.User]) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		if err := p.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
	<-p.Ready()
}

func names(entities []state.Entity[*directoryv1.User]) (out []string) {
	for _, entity := range entities {
		out = append(out, string(entity.Key.Connection)+"/"+entity.Key.ID)
	}
	return out
}

func TestProjectionFollows(t *testing.T) {
	store := memory.New()
	users := usersOf(store)
	create(t, users, "u1", &directoryv1.User{DisplayName: "Ann"})
	projection := state.NewProjection(users, state.Filter{})
	var changes []string
	projection.OnChange(func(before, after state.Entity[*directoryv1.User]) {
		changes = append(changes, before.Value.GetDisplayName()+">"+after.Value.GetDisplayName())
	})
	follow(t, projection)

	create(t, users, "u2", &directoryv1.User{DisplayName: "Bob"})
	if _, err := users.Update(t.Context(), "c1", "u1", byDelta, func(u *directoryv1.User) (string, error) {
		u.DisplayName = "Ann Lee"
		return "user-updated", nil
	}); err != nil {
		t.Fatal(err)
	}
	last, err := users.Decide(t.Context(), "c1", "u2", byDelta, func(state.Entity[*directoryv1.User]) (state.Decision, error) {
		return state.Decision{Fact: "user-removed", Remove: true}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := projection.WaitFor(t.Context(), last.Sequence); err != nil {
		t.Fatal(err)
	}
	if got, ok := projection.Get("c1", "u1"); !ok || got.Value.GetDisplayName() != "Ann Lee" {
		t.Errorf("%v, %v", got, ok)
	}
	if _, ok := projection.Get("c1", "u2"); ok || projection.Len() != 1 {
		t.Errorf("removed is still there, %d", projection.Len())
	}
	if diff := cmp.Diff([]string{">Ann", ">Bob", "Ann>Ann Lee", "Bob>"}, changes); diff != "" {
		t.Error(diff)
	}
	impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := projection.WaitFor(impatient, last.Sequence+1); !fault.Is(err, fault.Transient) {
		t.Errorf("waited for what never came: %v", err)
	}
}

func TestProjectionPages(t *testing.T) {
	users := usersOf(memory.New())
	add := func(connection string, id int) {
		if _, err := users.Create(t.Context(), "c0x", fmt.Sprint(connection, id), "user-provisioned", &directoryv1.User{}, byDelta); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 5 {
		create(t, users, fmt.Sprintf("u%d", 4-i), &directoryv1.User{AccountEnabled: i%2 == 0})
	}
	add("before", 0)
	projection := state.NewProjection(users, state.Filter{})
	follow(t, projection)
	late := create(t, users, "u25", &directoryv1.User{AccountEnabled: true})
	if err := projection.WaitFor(t.Context(), late.Sequence); err != nil {
		t.Fatal(err)
	}

	walk := func(limit int, keep func(state.Entity[*directoryv1.User]) bool) (all []string) {
		for next := ""; ; {
			page, after := projection.Page("c1", next, limit, keep)
			if len(page) > limit {
				t.Fatalf("%d on a page of %d", len(page), limit)
			}
			all = append(all, names(page)...)
			if after == "" {
				return all
			}
			next = after
		}
	}
	want := []string{"c1/u0", "c1/u1", "c1/u2", "c1/u25", "c1/u3", "c1/u4"}
	for limit := 1; limit <= 7; limit++ {
		if diff := cmp.Diff(want, walk(limit, nil)); diff != "" {
			t.Errorf("pages of %d: %s", limit, diff)
		}
	}
	enabled := func(e state.Entity[*directoryv1.User]) bool { return e.Value.GetAccountEnabled() }
	if diff := cmp.Diff([]string{"c1/u0", "c1/u2", "c1/u25", "c1/u4"}, walk(2, enabled)); diff != "" {
		t.Error(diff)
	}
	if all, _ := projection.Page("", "", 0, nil); len(all) != 7 {
		t.Errorf("%v", names(all))
	}
	if none, next := projection.Page("c0", "", 10, nil); len(none) != 0 || next != "" {
		t.Errorf("%v, %q", names(none), next)
	}
}
