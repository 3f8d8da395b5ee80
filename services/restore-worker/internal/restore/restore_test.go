package restore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
)

func TestDecide(t *testing.T) {
	mine := restore.Mark{Item: "i", Version: "v", Restore: "now"}
	own := restore.Found{ID: "own", Mark: mine}
	begun := restore.Found{ID: "begun", Mark: restore.Mark{Item: "i", Version: "v", Restore: "now", Unfinished: true}}
	earlier := restore.Found{ID: "earlier", Mark: restore.Mark{Item: "i", Version: "v", Restore: "before"}}
	older := restore.Found{ID: "older", Mark: restore.Mark{Item: "i", Version: "u", Restore: "before"}}
	there, same := restore.Found{ID: "there"}, restore.Found{ID: "same", Same: true}
	for _, test := range []struct {
		name                string
		found               []restore.Found
		skip, copy, replace string
	}{
		{"nothing there", nil, "create", "create", "create"},
		{"original there", []restore.Found{there}, "skip", "create", "replace there"},
		{"original unchanged", []restore.Found{same}, "skip", "create", "skip"},
		{"made by this restore", []restore.Found{own}, "made", "made", "made"},
		{"made, old one left", []restore.Found{there, own}, "made", "made", "complete own there"},
		{"begun", []restore.Found{begun}, "complete begun", "complete begun", "complete begun"},
		{"begun, old one left", []restore.Found{begun, there}, "complete begun", "complete begun", "complete begun there"},
		{"made by an earlier restore", []restore.Found{earlier}, "skip", "skip", "replace earlier"},
		{"other version restored before", []restore.Found{older}, "skip", "create", "replace older"},
	} {
		for policy, want := range map[restore.Policy]string{restore.SkipExisting: test.skip, restore.CopyBeside: test.copy, restore.ReplaceExisting: test.replace} {
			action := restore.Decide(policy, mine, test.found)
			got := []string{[]string{"skip", "made", "create", "replace", "complete"}[action.Verb], action.Mine.ID}
			for _, f := range action.Instead {
				got = append(got, f.ID)
			}
			got = slices.DeleteFunc(got, func(s string) bool { return s == "" })
			if strings.Join(got, " ") != want {
				t.Errorf("%s, policy %d: %q, want %q", test.name, policy, got, want)
			}
		}
	}
}

// shelf is a target in memory. Everything is alike that has the same title in the same folder.
type shelf struct {
	mu      sync.Mutex
	folders map[string]string // id by parent/name
	items   []shelved
	fail    func(item string, try int) error // before the item is put in
	lose    func(item string, try int) error // after it was put in
	tries   map[string]int
	made    int
	looked  int // for doubles
}

type shelved struct {
	restore.Found
	folder, title string
}

func newShelf() *shelf { return &shelf{folders: map[string]string{}, tries: map[string]int{}} }

func (s *shelf) Prepare(context.Context, restore.Expected) error { return nil }

func (s *shelf) Folder(_ context.Context, wanted restore.Wanted) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if strings.Contains(wanted.Name, "?") {
		return "", fault.New(fault.Invalid, "create folder", "bad name")
	}
	key := wanted.Parent + "/" + wanted.Name
	s.folders[key] = key
	return key, nil
}

func (s *shelf) Find(_ context.Context, job restore.Job, _ bool) ([]restore.Found, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []restore.Found
	for _, item := range s.items {
		if item.folder == job.Folder && item.title == job.Item.Title {
			found = append(found, item.Found)
		}
	}
	return found, nil
}

func (s *shelf) Create(ctx context.Context, job restore.Job, instead []restore.Found) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries[job.Item.ID]++
	if s.fail != nil {
		if err := s.fail(job.Item.ID, s.tries[job.Item.ID]); err != nil {
			return err
		}
	}
	s.made++
	s.items = append(s.items, shelved{restore.Found{ID: fmt.Sprint("n", s.made), Mark: job.Mark}, job.Folder, job.Item.Title})
	if s.lose != nil {
		if err := s.lose(job.Item.ID, s.tries[job.Item.ID]); err != nil {
			return err
		}
	}
	s.remove(instead)
	return ctx.Err()
}

func (s *shelf) remove(gone []restore.Found) {
	s.items = slices.DeleteFunc(s.items, func(item shelved) bool {
		return slices.ContainsFunc(gone, func(f restore.Found) bool { return f.ID == item.ID })
	})
}

func (s *shelf) Complete(_ context.Context, _ restore.Job, mine restore.Found, instead []restore.Found) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.items {
		if s.items[i].ID == mine.ID {
			s.items[i].Mark.Unfinished = false
		}
	}
	s.remove(instead)
	return nil
}

func (s *shelf) RemoveDoubles(context.Context, string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked++
	return nil
}

func (s *shelf) paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for _, item := range s.items {
		paths = append(paths, item.folder+"/"+item.title)
	}
	slices.Sort(paths)
	return paths
}

func source() *snapshottest.Memory {
	m := &snapshottest.Memory{Tree: []snapshot.Folder{{ID: "i", Name: "Inbox"}, {ID: "p", Parent: "i", Name: "Projects"}, {ID: "s", Name: "Sent"}}}
	for i, folder := range []string{"i", "i", "p", "s"} {
		m.Add(snapshot.Item{ID: fmt.Sprint("m", i), Folder: folder, Kind: snapshot.Message, Title: fmt.Sprint("mail ", i), Version: "1", Size: 10})
	}
	return m
}

func run(t *testing.T, reader snapshot.Reader, target restore.Target, order restore.Order) (restore.Report, error) {
	t.Helper()
	tally := &restore.Tally{}
	r := &restore.Restore{Order: order, Reader: reader, Target: target, Parallel: 4, Tally: tally,
		Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	err := r.Run(t.Context())
	return tally.Report(), err
}

func TestPlaces(t *testing.T) {
	for _, test := range []struct {
		name  string
		order restore.Order
		want  []string
	}{
		{"everything in place", restore.Order{InPlace: true}, []string{"/Inbox/Projects/mail 2", "/Inbox/mail 0", "/Inbox/mail 1", "/Sent/mail 3"}},
		{"one item in place", restore.Order{InPlace: true, Selectors: []snapshot.Selector{{ID: "m2"}}}, []string{"/Inbox/Projects/mail 2"}},
		{"everything into a folder", restore.Order{Into: "Back/2026"}, []string{"/Back/2026/Inbox/Projects/mail 2", "/Back/2026/Inbox/mail 0", "/Back/2026/Inbox/mail 1", "/Back/2026/Sent/mail 3"}},
		{"a folder into a folder", restore.Order{Into: "Back", Selectors: []snapshot.Selector{{Path: "Inbox/Projects"}}}, []string{"/Back/Projects/mail 2"}},
		{"an item into a folder", restore.Order{Into: "Back", Selectors: []snapshot.Selector{{ID: "m2"}, {ID: "m3"}}}, []string{"/Back/mail 2", "/Back/mail 3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			target := newShelf()
			report, err := run(t, source(), target, test.order)
			if err != nil || report.Created != int64(len(test.want)) || report.Failed > 0 {
				t.Errorf("report %+v, %v", report, err)
			}
			if diff := cmp.Diff(test.want, target.paths()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunningAgainCreatesNothing(t *testing.T) {
	target := newShelf()
	for _, policy := range []restore.Policy{restore.SkipExisting, restore.CopyBeside, restore.ReplaceExisting} {
		for round := range 2 {
			if _, err := run(t, source(), target, restore.Order{ID: fmt.Sprint(policy, round), Policy: policy, InPlace: true}); err != nil {
				t.Fatal(err)
			}
			if got := len(target.paths()); got != 4 {
				t.Errorf("policy %d, round %d: %d items", policy, round, got)
			}
		}
	}
}

func TestTrueDuplicatesBothComeBack(t *testing.T) {
	m := source()
	m.Add(snapshot.Item{ID: "m9", Folder: "s", Kind: snapshot.Message, Title: "mail 3", Version: "1"})
	target := newShelf()
	target.items = []shelved{{restore.Found{ID: "m3"}, "/Sent", "mail 3"}} // its twin is alive
	if report, err := run(t, m, target, restore.Order{ID: "r", InPlace: true}); err != nil || report.Created != 4 || report.Skipped != 1 {
		t.Errorf("report %+v, %v", report, err)
	}
	if report, err := run(t, m, target, restore.Order{ID: "r", InPlace: true}); err != nil || len(target.paths()) != 5 {
		t.Errorf("again: report %+v, %v, %d items", report, err, len(target.paths()))
	}
}

func TestAFailingItemCostsOnlyItself(t *testing.T) {
	target := newShelf()
	target.fail = func(item string, try int) error {
		switch {
		case item == "m1":
			return fault.New(fault.Invalid, "create", "refused", fault.Reason("BROKEN"))
		case item == "m2" && try < 3:
			return fault.New(fault.Transient, "create", "503")
		}
		return nil
	}
	report, err := run(t, source(), target, restore.Order{InPlace: true})
	if err != nil || report.Created != 3 || report.Failed != 1 || report.Failures[0].Item != "m1" || fault.ReasonOf(report.Failures[0].Err) != "BROKEN" {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestALostReplyMakesNoDuplicate(t *testing.T) {
	target := newShelf()
	target.lose = func(_ string, try int) error {
		if try == 1 {
			return fault.New(fault.Transient, "create", "connection reset")
		}
		return nil
	}
	report, err := run(t, source(), target, restore.Order{InPlace: true})
	if err != nil || report.Created != 4 || len(target.paths()) != 4 || target.looked != 1 {
		t.Errorf("report %+v, %v, %v, looked for doubles %d times", report, err, target.paths(), target.looked)
	}
}

func TestWhatConcernsAllEndsTheRun(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Exhausted, fault.Permission, fault.Unauthentic, fault.Throttled, fault.Precondition} {
		target := newShelf()
		target.fail = func(string, int) error { return fault.New(kind, "create", "no") }
		if _, err := run(t, source(), target, restore.Order{InPlace: true}); !fault.Is(err, kind) {
			t.Errorf("%v: %v", kind, err)
		}
	}
}

func TestAServiceThatIsAwayEndsTheRun(t *testing.T) {
	m := source()
	for i := range 40 {
		m.Add(snapshot.Item{ID: fmt.Sprint("x", i), Folder: "s", Title: fmt.Sprint("x", i)})
	}
	target := newShelf()
	target.fail = func(string, int) error { return fault.New(fault.Transient, "create", "503") }
	if report, err := run(t, m, target, restore.Order{InPlace: true}); !fault.Is(err, fault.Transient) || report.Failed > 20 {
		t.Errorf("report %d failed, %v", report.Failed, err)
	}
}

func TestARefusedFolderCostsWhatIsInIt(t *testing.T) {
	m := source()
	m.Tree[1].Name = "Projects?"
	target := newShelf()
	report, err := run(t, m, target, restore.Order{InPlace: true})
	if err != nil || report.Created != 3 || report.Failed != 1 || report.Failures[0].Item != "m2" {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestWhatTheSnapshotLacksIsReported(t *testing.T) {
	m := source()
	m.Add(snapshot.Item{ID: "gone", Folder: "i", Problem: &snapshot.Problem{Reason: "NOT_BACKED_UP", Cause: "corrupt"}})
	report, err := run(t, m, newShelf(), restore.Order{InPlace: true})
	if err != nil || report.Failed != 1 || report.Failures[0].Item != "gone" {
		t.Errorf("report %+v, %v", report, err)
	}
}

func TestWhatIsNotWholeIsRestoredAndReported(t *testing.T) {
	part := &snapshot.Problem{Reason: snapshot.Incomplete, Cause: "an attachment cannot be opened", Held: true}
	m := source()
	m.Tree[2].Problem = &snapshot.Problem{Reason: snapshot.FolderIncomplete, Cause: "the folder was refused", Held: true}
	m.Stored[0].Problem = part
	m.Stored[1].Problem = &snapshot.Problem{Reason: snapshot.NotBackedUp, Cause: "it cannot be read"}
	target := newShelf()
	report, err := run(t, m, target, restore.Order{InPlace: true})
	if err != nil || report.Created != 3 || report.Failed != 1 || report.Incomplete != 2 {
		t.Errorf("report %+v, %v", report, err)
	}
	lacking := map[string]string{}
	for _, s := range report.Shortfalls {
		if fault.NextOf(s.Err) == "" || s.Err.Error() == "" {
			t.Errorf("%s: %v, next %q", s.Item, s.Err, fault.NextOf(s.Err))
		}
		lacking[s.Item] = fault.ReasonOf(s.Err)
	}
	if diff := cmp.Diff(map[string]string{"m0": snapshot.Incomplete, "s": snapshot.FolderIncomplete}, lacking); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNotWholeReplacesNothing(t *testing.T) {
	m := source()
	m.Stored[0].Problem = &snapshot.Problem{Reason: snapshot.Incomplete, Cause: "an attachment cannot be opened", Held: true}
	for policy, created := range map[restore.Policy]int64{restore.SkipExisting: 0, restore.CopyBeside: 1, restore.ReplaceExisting: 0} {
		target := newShelf()
		target.items = []shelved{{restore.Found{ID: "whole"}, "/Inbox", "mail 0"}}
		report, err := run(t, m, target, restore.Order{InPlace: true, Policy: policy, Selectors: []snapshot.Selector{{ID: "m0"}}})
		if err != nil || report.Created != created || report.Incomplete != created || report.Replaced != 0 || (report.Failed == 1) != (policy == restore.ReplaceExisting) {
			t.Errorf("policy %d: %+v, %v", policy, report, err)
		}
		if !slices.ContainsFunc(target.items, func(s shelved) bool { return s.ID == "whole" }) {
			t.Errorf("policy %d: what was there is gone", policy)
		}
	}
}
