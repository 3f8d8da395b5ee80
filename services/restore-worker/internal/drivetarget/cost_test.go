package drivetarget_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/restore"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/simtest"
	"github.com/tenantkeep/tenantkeep/services/restore-worker/internal/snapshot/snapshottest"
	"github.com/tenantkeep/tenantkeep/sim"
)

// cost restores and returns what the simulator was asked for.
func cost(t *testing.T, tenant *simtest.Tenant, saved *snapshottest.Memory, d *drive.Drive, order restore.Order) int {
	t.Helper()
	tenant.Ledger.Reset()
	report := mustRun(t, saved, d, order)
	traffic := tenant.Ledger.Report()
	t.Logf("%d created, %d replaced, %d skipped, %d folders in the snapshot: %d requests, %d units",
		report.Created, report.Replaced, report.Skipped, len(saved.Tree), traffic.Total.Requests, traffic.Total.Units)
	for route, count := range traffic.Routes {
		t.Logf("%5d %s %v", count.Requests, route, count.Status)
	}
	return traffic.Total.Requests
}

func TestASmallFileCostsTwoRequestsAndAFolderOne(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Files: 20, Seed: 7}, nil)
	d, user := open(t, tenant, 0)
	saved := capture(t, d)
	tenant.Disaster(user, m365.Files)
	if got, most := cost(t, tenant, saved, d, restore.Order{ID: "one", InPlace: true}), 2*len(saved.Stored)+len(saved.Tree)+2; got > most {
		t.Errorf("%d requests, at most %d", got, most)
	}
	if got := cost(t, tenant, saved, d, restore.Order{ID: "two", InPlace: true}); got > 2 {
		t.Errorf("%d requests to find that everything is there", got)
	}
	if got, most := cost(t, tenant, saved, d, restore.Order{ID: "three", Into: "Back/here"}), 2*len(saved.Stored)+len(saved.Tree)+4; got > most {
		t.Errorf("%d requests into a folder, at most %d", got, most)
	}
}

// within tells whether an item is in a folder, or in one in it, or the folder itself.
func within(all map[m365.ItemID]drive.Item, item drive.Item, folder m365.ItemID) bool {
	for ; !item.Root; item = all[item.Parent] {
		if item.ID == folder {
			return true
		}
	}
	return false
}

// someFolder finds a folder of a few files and folders, and those above it.
func someFolder(all map[m365.ItemID]drive.Item) (folder m365.ItemID, above map[m365.ItemID]bool) {
	files, folders := map[m365.ItemID]int{}, map[m365.ItemID]int{}
	for _, item := range all {
		for at := item.Parent; at != ""; at = all[at].Parent {
			if item.Folder {
				folders[at]++
			} else {
				files[at]++
			}
		}
	}
	for id, n := range files {
		if n > 5 && n < 20 && folders[id] > 0 && (folder == "" || id < folder) {
			folder = id
		}
	}
	above = map[m365.ItemID]bool{}
	for at := all[folder].Parent; at != ""; at = all[at].Parent {
		above[at] = true
	}
	return folder, above
}

// TestAFolderOfALargeDrive loses a folder of a drive that is too large to be read for it.
func TestAFolderOfALargeDrive(t *testing.T) {
	tenant := simtest.Start(t, sim.Config{Users: 1, Files: 2500, Seed: 7}, nil)
	d, user := open(t, tenant, 0)
	before := tenant.Content(user, m365.Files)
	var folder m365.ItemID
	var above map[m365.ItemID]bool
	saved := captureOnly(t, d, func(all map[m365.ItemID]drive.Item, item drive.Item) bool {
		if folder == "" {
			folder, above = someFolder(all)
		}
		return above[item.ID] || within(all, item, folder)
	})
	if err := d.Delete(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	const constant = 3 // the root, and what was read of the drive before that was given up
	got := cost(t, tenant, saved, d, restore.Order{ID: "one", InPlace: true})
	if most := 3*len(saved.Stored) + 2*len(saved.Tree) + constant; len(saved.Stored) < 5 || got > most {
		t.Errorf("%d requests for %d files, at most %d", got, len(saved.Stored), most)
	}
	if diff := cmp.Diff(before, tenant.Content(user, m365.Files)); diff != "" {
		t.Error(diff)
	}
}
