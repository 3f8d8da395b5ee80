package drivetarget_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/drivetarget"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
	"github.com/tenantkeep/tenantkeep/sim"
)

const files = 60

func open(t *testing.T, tenant *simtest.Tenant, n int) (*drive.Drive, m365.UserID) {
	t.Helper()
	user, _ := tenant.Person(n)
	d, err := drive.Of(t.Context(), tenant.Client(), user)
	if err != nil {
		t.Fatal(err)
	}
	return d, user
}

// capture reads a drive as backup-worker does, into memory.
func capture(t *testing.T, d *drive.Drive) *snapshottest.Memory {
	t.Helper()
	return captureOnly(t, d, func(map[m365.ItemID]drive.Item, drive.Item) bool { return true })
}

// captureOnly leaves out what is not kept, of all that is in the drive.
func captureOnly(t *testing.T, d *drive.Drive, keep func(all map[m365.ItemID]drive.Item, item drive.Item) bool) *snapshottest.Memory {
	t.Helper()
	root, err := d.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := &snapshottest.Memory{Parts: map[string][]byte{}}
	items := map[m365.ItemID]drive.Item{}
	_, err = d.Changes(t.Context(), drive.Round{}, func(item drive.Item) error {
		item.Raw = append([]byte(nil), item.Raw...)
		items[item.ID] = item
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, item := range items {
		parent := string(item.Parent)
		if item.Parent == root.ID {
			parent = ""
		}
		switch {
		case item.Root, !keep(items, item):
		case item.Folder:
			m.Tree = append(m.Tree, snapshot.Folder{ID: string(id), Parent: parent, Name: item.Name, Modified: item.Modified})
			m.Parts[string(id)+"/item"] = item.Raw
		default:
			stream, err := d.Download(t.Context(), id, 0)
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(stream)
			_ = stream.Close()
			if err != nil {
				t.Fatal(err)
			}
			m.Add(snapshot.Item{ID: string(id), Folder: parent, Kind: snapshot.File, Title: item.Name, Time: item.Modified, Size: item.Size, Hash: item.Hash, Version: item.ETag},
				"item", string(item.Raw), "content", string(content))
		}
	}
	return m
}

func run(ctx context.Context, reader snapshot.Reader, d *drive.Drive, order restore.Order) (restore.Report, error) {
	tally := &restore.Tally{}
	r := &restore.Restore{Order: order, Reader: reader, Target: drivetarget.New(d), Parallel: 4, Tally: tally, Pause: bus.Pause}
	err := r.Run(ctx)
	return tally.Report(), err
}

func mustRun(t *testing.T, reader snapshot.Reader, d *drive.Drive, order restore.Order) restore.Report {
	t.Helper()
	report, err := run(t.Context(), reader, d, order)
	if err != nil {
		t.Fatal(err)
	}
	for _, failure := range report.Failures {
		t.Errorf("item %s: %v", failure.Item, failure.Err)
	}
	return report
}

func TestADeletedDriveComesBackAsItWas(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 2, Files: files, Seed: 7}, nil)
	d, user := open(t, tenant, 0)
	before := tenant.Content(user, m365.Files)
	saved := capture(t, d)
	if len(saved.Stored) < files/2 {
		t.Fatalf("only %d files", len(saved.Stored))
	}
	tenant.Disaster(user, m365.Files)
	report := mustRun(t, saved, d, restore.Order{ID: "one", InPlace: true})
	if report.Created != int64(len(saved.Stored)) {
		t.Errorf("report %+v", report)
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Files)); diff != "" {
		t.Errorf("after the restore: %s", diff)
	}
	for _, policy := range []restore.Policy{restore.SkipExisting, restore.ReplaceExisting} {
		report = mustRun(t, saved, d, restore.Order{ID: "two", InPlace: true, Policy: policy})
		if report.Created+report.Replaced != 0 || report.Skipped != int64(len(saved.Stored)) {
			t.Errorf("again with policy %d: %+v", policy, report)
		}
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Files)); diff != "" {
		t.Errorf("after the second restore: %s", diff)
	}

	other, otherUser := open(t, tenant, 1)
	tenant.Disaster(otherUser, m365.Files)
	mustRun(t, saved, other, restore.Order{ID: "three"})
	if diff := cmp.Diff(before, tenant.Content(otherUser, m365.Files)); diff != "" {
		t.Errorf("in another user's drive: %s", diff)
	}
}

func TestCopiesStandBesideAndComeOnce(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Files: files, Seed: 7}, nil)
	d, user := open(t, tenant, 0)
	saved := capture(t, d)
	items := len(tenant.Content(user, m365.Files))
	for round, created := range []int64{int64(len(saved.Stored)), 0} {
		report := mustRun(t, saved, d, restore.Order{ID: fmt.Sprint(round), InPlace: true, Policy: restore.CopyBeside})
		if report.Created != created {
			t.Errorf("round %d: %+v", round, report)
		}
	}
	if got := len(tenant.Content(user, m365.Files)); got != items+len(saved.Stored) {
		t.Errorf("%d items, before there were %d", got, items)
	}
}

func TestReplaceBringsBackWhatWasChanged(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Files: files, Seed: 7}, nil)
	d, user := open(t, tenant, 0)
	before := tenant.Content(user, m365.Files)
	saved := capture(t, d)
	tenant.Fate("/sim/change", map[string]any{"user": user, "workload": "files", "share": 0.4, "seed": 5})
	mustRun(t, saved, d, restore.Order{ID: "one", InPlace: true, Policy: restore.ReplaceExisting})
	have := map[string]int{}
	for _, line := range tenant.Content(user, m365.Files) {
		have[line.Kind+line.Name+line.Digest]++
	}
	for _, line := range before {
		// A folder that people renamed keeps its new name, so the path does not count.
		if key := line.Kind + line.Name + line.Digest; line.Kind == "file" && have[key] != 1 {
			t.Errorf("%d times: %+v", have[key], line)
		}
	}
}

func TestKilledAndResumed(t *testing.T) {
	var calls, limit atomic.Int64
	limit.Store(1 << 40)
	var kill atomic.Pointer[context.CancelFunc]
	tenant := simtest.Start(t, sim.Config{Users: 1, Files: files, Seed: 11}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if !strings.HasPrefix(r.URL.Path, "/sim/") && r.Method != http.MethodGet && calls.Add(1) >= limit.Load() {
				(*kill.Load())()
			}
		})
	})
	d, user := open(t, tenant, 0)
	before := tenant.Content(user, m365.Files)
	saved := capture(t, d)
	tenant.Disaster(user, m365.Files)
	for round := 1; ; round++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		kill.Store(&cancel)
		calls.Store(0)
		limit.Store(int64(3 + 7*round%23))
		if round > 15 {
			limit.Store(1 << 40)
		}
		_, err := run(ctx, saved, d, restore.Order{ID: "one", InPlace: true})
		cancel()
		if err := tenant.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err == nil {
			break
		}
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Files)); diff != "" {
		t.Error(diff)
	}
}
