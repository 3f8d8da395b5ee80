package backupworker_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"testing"

	"github.com/tenantkeep/tenantkeep/pkg/graph/drive"
	"github.com/tenantkeep/tenantkeep/pkg/graph/rawjson"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/content"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// filesOnly makes a profile that protects files alone and nothing on a schedule.
func (r *running) filesOnly(exclusions *backupv1.Exclusions) string {
	r.place.t.Helper()
	reply, err := r.profiles().CreateProfile(r.place.context(), &backupv1.CreateProfileRequest{ProfileId: "files", Profile: &backupv1.Profile{
		DisplayName: "Files", Workloads: []typev1.Workload{typev1.Workload_WORKLOAD_FILES}, Exclusions: exclusions,
	}})
	r.place.must(err)
	return reply.GetProfile().GetName()
}

// digest is a hash of a stream's bytes.
func (p *place) digest(r io.ReadCloser, err error) string {
	p.t.Helper()
	p.must(err)
	defer func() { _ = r.Close() }()
	hash := sha256.New()
	n, err := io.Copy(hash, r)
	p.must(err)
	return fmt.Sprintf("%d bytes %x", n, hash.Sum(nil))
}

// liveDrive is what is in a drive now: id to name, parent, JSON and content.
func (p *place) liveDrive(user string) map[string]string {
	p.t.Helper()
	d, err := drive.Of(p.context(), p.graph(), m365.UserID(user))
	p.must(err)
	root, err := d.Root(p.context())
	p.must(err)
	contents, files := map[string]string{}, map[m365.ItemID]bool{}
	_, err = d.Changes(p.context(), drive.Round{}, func(item drive.Item) error {
		if item.Root || item.Deleted {
			return nil
		}
		parent := item.Parent
		if parent == root.ID {
			parent = ""
		}
		files[item.ID] = item.File
		contents[string(item.ID)] = fmt.Sprintf("%s<%s>", item.Name, parent)
		if item.File { // what Graph counts in a folder is not reported when it changes
			contents[string(item.ID)] += " " + string(item.Raw)
		}
		return nil
	})
	p.must(err)
	for id, file := range files {
		if file {
			body, err := d.Download(p.context(), id, 0)
			contents[string(id)] += " " + p.digest(body, err)
		}
	}
	return contents
}

// storedDrive is what the newest snapshot of a drive holds, in the form of liveDrive.
func (p *place) storedDrive(resource string) map[string]string {
	p.t.Helper()
	view, err := p.vault().At(p.context(), p.unit(resource), 0)
	p.must(err)
	contents := map[string]string{}
	for entry, err := range view.Items(p.context(), content.Drive, "") {
		p.must(err)
		text := fmt.Sprintf("%s<%s>", entry.Name, entry.Parent)
		for _, part := range entry.Parts {
			body, err := view.Open(p.context(), entry, part.Name)
			if part.Name != content.Item {
				text += " " + p.digest(body, err)
			} else if item := p.read(body, err); entry.Kind == vault.KindFile {
				text += " " + item
			}
		}
		contents[entry.ID] = text
	}
	return contents
}

func (p *place) sameDrive(user string) {
	p.t.Helper()
	live, stored := p.liveDrive(user), p.storedDrive("files-"+user)
	for id, text := range live {
		if stored[id] != text {
			p.t.Errorf("%s: stored %s\nlive %s", id, stored[id], text)
		}
	}
	for id, text := range stored {
		if _, there := live[id]; !there {
			p.t.Errorf("%s is not there any more: %s", id, text)
		}
	}
}

// aDayOfFiles changes a share of a user's drive.
func (p *place) aDayOfFiles(user string, share float64) changes {
	p.t.Helper()
	reply := map[string]changes{}
	p.control("/sim/change", map[string]any{"user": user, "share": share, "seed": 11, "workload": "files"}, &reply)
	return reply["files"]
}

func TestDrive(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Files: 300, Seed: 7})
	worker := p.start("api,work")
	user := p.provision(worker.filesOnly(nil))[0]
	first := succeeded(t, worker.firstBackup("files-"+user))
	if first.GetAdded() < 300 || !first.GetFull() {
		t.Errorf("%v", first)
	}
	p.sameDrive(user)

	changed := p.aDayOfFiles(user, 0.1).sum()
	p.sim.Ledger.Reset()
	second := succeeded(t, worker.backup("files-"+user))
	requests := p.sim.Ledger.Report().Total.Requests
	p.sameDrive(user)
	if most := changed + 3; requests > most {
		t.Errorf("%d requests for %d changes", requests, changed)
	}
	if most := second.GetBytesRead()*12/10 + 50<<10; second.GetBytesStored() > most {
		t.Errorf("%d bytes stored of %d read, at most %d", second.GetBytesStored(), second.GetBytesRead(), most)
	}
	t.Logf("%d changes: %d requests, %d bytes read, %d stored", changed, requests, second.GetBytesRead(), second.GetBytesStored())

	p.sim.Ledger.Reset()
	third := succeeded(t, worker.backup("files-"+user))
	if requests := p.sim.Ledger.Report().Total.Requests; requests != 1 || third.GetSnapshot() != second.GetSnapshot() || third.GetBytesStored() != 0 {
		t.Errorf("%d requests for an unchanged drive, %v", requests, third)
	}

	p.aDayOfFiles(user, 0.1)
	p.control("/sim/expire", map[string]any{"scope": "files", "user": user}, nil)
	succeeded(t, worker.backup("files-"+user))
	p.sameDrive(user)
}

func TestDriveInBadWeather(t *testing.T) {
	const routeDelta, routeHost = "/drives/{drive}/root/delta", "/contoso-my.sharepoint.com*"
	for name, rule := range map[string]map[string]any{
		"a storm of 429":         {"method": "GET", "route": routeDelta, "times": 3, "action": "storm", "retryAfter": 1},
		"a page cut off":         {"method": "GET", "route": routeDelta, "times": 2, "action": "truncate"},
		"downloads cut off":      {"method": "GET", "route": routeHost, "nth": 3, "times": 4, "action": "truncate"},
		"downloads reset":        {"method": "GET", "route": routeHost, "nth": 3, "times": 4, "action": "reset"},
		"addresses that expire":  {"route": routeDelta, "quirk": "expired-address"},
		"a range without accept": {"quirk": "range-needs-accept"},
		"sizes that are wrong":   {"quirk": "wrong-size"},
		"a delta that gets lost": {"quirk": "delta-lost", "times": 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, sim.Config{Users: 1, Files: 60, Seed: 7})
			worker := p.start("api,work")
			p.control("/sim/faults", rule, nil)
			user := p.provision(worker.filesOnly(nil))[0]
			succeeded(t, worker.firstBackup("files-"+user))
			p.aDayOfFiles(user, 0.1)
			succeeded(t, worker.backup("files-"+user))
			p.clearFaults()
			if rule["quirk"] != "wrong-size" {
				p.sameDrive(user)
			}
		})
	}
}

func TestFilesLeftOutAndFilesRefused(t *testing.T) {
	p := newPlace(t, sim.Config{Users: 1, Files: 20, Seed: 7})
	file := func(path string, size int) {
		p.control("/sim/file", map[string]any{"user": p.sim.Directory.People()[0].ID, "path": path, "size": size}, nil)
	}
	file("/scratch.TMP", 10)
	file("/film.mp4", 9<<20)
	file("/Documents/eicar.txt", 100)
	worker := p.start("api,work")
	user := p.provision(worker.filesOnly(&backupv1.Exclusions{FilePatterns: []string{"*.tmp"}, MaxFileBytes: 8 << 20}))[0]
	job := worker.firstBackup("files-" + user)
	if job.GetState() != backupv1.JobState_JOB_STATE_PARTIAL || job.GetBackup().GetFailed() != 1 {
		t.Fatalf("%v", job)
	}
	view, err := p.vault().At(p.context(), p.unit("files-"+user), 0)
	p.must(err)
	for entry, err := range view.Items(p.context(), content.Drive, "") {
		p.must(err)
		if entry.Name == "scratch.TMP" || entry.Name == "film.mp4" || entry.Name == "eicar.txt" {
			t.Errorf("%s is stored", entry.Name)
		}
		item, err := view.Read(p.context(), entry, content.Item)
		p.must(err)
		if rawjson.Field(item, "@microsoft.graph.downloadUrl") != nil {
			t.Errorf("the download address of %s is stored", entry.ID)
		}
	}
	for failure, err := range view.Failures(p.context()) {
		p.must(err)
		if failure.Kind != "unsupported" {
			t.Errorf("%+v", failure)
		}
	}
}
