package drive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/graph/graphtest"
	"github.com/tenantkeep/tenantkeep/sim"
	"github.com/tenantkeep/tenantkeep/sim/faults"
)

// filesHost is where the simulator's contents are read and written, as its rules name it.
const filesHost = "/contoso-my.sharepoint.com"

var modified = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

// start simulates a user with a drive.
func start(t *testing.T, files int) (*graphtest.Tenant, *Drive, Item) {
	t.Helper()
	tenant := graphtest.Start(t, sim.Config{Users: 1, Files: files, Seed: 7}, nil)
	d, err := Of(t.Context(), tenant.Client, tenant.User(0))
	if err != nil {
		t.Fatal(err)
	}
	root, err := d.Root(t.Context())
	if err != nil || !root.Root || !root.Folder || root.Parent != "" {
		t.Fatalf("%+v, %v", root, err)
	}
	return tenant, d, root
}

func content(n int) []byte {
	random := rand.NewChaCha8([32]byte{1})
	data := make([]byte, n)
	_, _ = random.Read(data)
	return data
}

func upload(t *testing.T, d *Drive, root Item, name string, data []byte) Item {
	t.Helper()
	item, err := d.Upload(t.Context(), File{Parent: root.ID, Name: name, Content: bytes.NewReader(data), Size: int64(len(data)), Dates: Dates{Modified: modified}})
	if err != nil {
		t.Fatal(err)
	}
	return item
}

func changes(t *testing.T, d *Drive, link string) (items []Item, next string) {
	t.Helper()
	next, err := d.Changes(t.Context(), Round{Link: link}, func(i Item) error {
		i.Raw = bytes.Clone(i.Raw)
		items = append(items, i)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return items, next
}

func TestChangesKeepNoAddress(t *testing.T) {
	_, d, root := start(t, 300)
	items, link := changes(t, d, "")
	files := 0
	for _, i := range items {
		if !json.Valid(i.Raw) || bytes.Contains(i.Raw, []byte("tempauth")) {
			t.Errorf("%s", i.Raw)
		}
		if i.File {
			files++
		}
		if i.File && (i.Parent == "" || i.Name == "" || i.Hash == "" || i.Modified.IsZero() || !strings.Contains(i.Address, "tempauth")) {
			t.Errorf("%+v", i)
		}
	}
	if files != 300 {
		t.Errorf("%d files", files)
	}
	made := upload(t, d, root, "a.txt", []byte("abc"))
	if err := d.Delete(t.Context(), made.ID); err != nil {
		t.Fatal(err)
	}
	items, _ = changes(t, d, link)
	if !slices.ContainsFunc(items, func(i Item) bool { return i.ID == made.ID && i.Deleted }) {
		t.Errorf("%+v", items)
	}
}

func TestLatestKnowsOnlyWhatComes(t *testing.T) {
	_, d, root := start(t, 20)
	link, err := d.Latest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := upload(t, d, root, "a.txt", []byte("abc"))
	items, _ := changes(t, d, link)
	if last := items[len(items)-1]; last.ID != made.ID || last.Size != 3 {
		t.Errorf("%+v", items)
	}
}

func TestLostLinksMeanResync(t *testing.T) {
	tenant, d, _ := start(t, 300)
	_, link := changes(t, d, "")
	tenant.Drives.Expire("")
	if _, err := d.Changes(t.Context(), Round{Link: link}, func(Item) error { return nil }); !fault.Is(err, fault.Resync) {
		t.Error(err)
	}
	var middle string
	stop := fault.New(fault.Transient, "test", "stop")
	_, err := d.Changes(t.Context(), Round{Page: func(next string) error { middle = next; return stop }}, func(Item) error { return nil })
	if middle == "" || err == nil {
		t.Fatal(err)
	}
	tenant.Fault(faults.Rule{Quirk: "delta-lost"})
	if _, err := d.Changes(t.Context(), Round{Link: middle}, func(Item) error { return nil }); !fault.Is(err, fault.Resync) {
		t.Error(err)
	}
}

func TestDownloadSurvives(t *testing.T) {
	cut := faults.Rule{Method: "GET", Route: filesHost, Action: "truncate"}
	for name, rules := range map[string][]faults.Rule{
		"nothing at all":                   nil,
		"a connection that breaks":         {cut},
		"one that breaks five times":       {{Method: "GET", Route: filesHost, Action: "truncate", Times: 5}},
		"a host that ignores ranges":       {cut, {Quirk: "ignored-ranges", Route: filesHost}},
		"a host that wants Accept":         {cut, {Quirk: "range-needs-accept", Route: filesHost}},
		"an address that has expired":      {{Quirk: "expired-address", Route: "/drives/{drive}/root/delta"}},
		"an address that expires half-way": {cut, {Method: "GET", Route: filesHost, Action: "status", Status: 401, Nth: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			tenant, d, root := start(t, 0)
			data := content(1 << 20)
			made := upload(t, d, root, "f.bin", data)
			for _, rule := range rules {
				tenant.Fault(rule)
			}
			items, _ := changes(t, d, "")
			item := items[slices.IndexFunc(items, func(i Item) bool { return i.ID == made.ID })]
			c, err := d.DownloadItem(t.Context(), item, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			hash := NewQuickXor()
			if _, _ = hash.Write(data); EncodeHash(hash.Sum(nil)) != item.Hash {
				t.Errorf("hash %s", item.Hash)
			}
			for _, rule := range tenant.Faults.Rules() {
				if rule.Hits == 0 {
					t.Errorf("%+v was not hit", rule)
				}
			}
		})
	}
}

func TestAFileThatChangesWhileItIsReadIsAConflict(t *testing.T) {
	tenant, d, root := start(t, 0)
	made := upload(t, d, root, "f.bin", content(1<<20))
	tenant.Fault(faults.Rule{Method: "GET", Route: filesHost, Action: "truncate"})
	c, err := d.Download(t.Context(), made.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Upload(t.Context(), File{Parent: root.ID, Name: "f.bin", Content: strings.NewReader("new"), Size: 3, Conflict: Replace}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); !fault.Is(err, fault.Conflict) {
		t.Error(err)
	}
}

func TestInfectedFilesAreUnsupported(t *testing.T) {
	_, d, root := start(t, 0)
	made := upload(t, d, root, "eicar.com", []byte("virus"))
	if !made.Malware {
		t.Errorf("%+v", made)
	}
	if _, err := d.Download(t.Context(), made.ID, 0); !fault.Is(err, fault.Unsupported) || fault.ReasonOf(err) != "GRAPH_MALWARE" {
		t.Error(err)
	}
}

func TestDownloadFromAnOffset(t *testing.T) {
	_, d, root := start(t, 0)
	data := content(1000)
	made := upload(t, d, root, "f.bin", data)
	c, err := d.Download(t.Context(), made.ID, 990)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, data[990:]) {
		t.Errorf("%x, %v", got, err)
	}
}

func TestVersions(t *testing.T) {
	_, d, root := start(t, 0)
	made := upload(t, d, root, "a.txt", []byte("one"))
	if _, err := d.Upload(t.Context(), File{Parent: root.ID, Name: "a.txt", Content: strings.NewReader("two"), Size: 3, Conflict: Replace}); err != nil {
		t.Fatal(err)
	}
	versions, err := d.Versions(t.Context(), made.ID)
	if err != nil || len(versions) != 2 || versions[1].ID != "1.0" {
		t.Fatalf("%+v, %v", versions, err)
	}
	c, err := d.DownloadVersion(t.Context(), made.ID, "1.0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if got, err := io.ReadAll(c); err != nil || string(got) != "one" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestUploadSurvives(t *testing.T) {
	put := func(rule faults.Rule) []faults.Rule {
		rule.Method, rule.Route = "PUT", filesHost
		return []faults.Rule{rule}
	}
	for name, rules := range map[string][]faults.Rule{
		"nothing at all":           nil,
		"a lost connection":        put(faults.Rule{Action: "reset", Nth: 2}),
		"a lost answer":            put(faults.Rule{Action: "truncate", Nth: 2}),
		"a host that is busy":      put(faults.Rule{Action: "status", Status: 503, Nth: 2}),
		"a session that is gone":   put(faults.Rule{Action: "status", Status: 404, Code: "itemNotFound", Nth: 2}),
		"a lost answer at the end": put(faults.Rule{Action: "truncate", Nth: 3}),
	} {
		t.Run(name, func(t *testing.T) {
			tenant, d, root := start(t, 0)
			for _, rule := range rules {
				tenant.Fault(rule)
			}
			data := content(25 << 20)
			item := upload(t, d, root, "a b#%.txt", data)
			if item.Name != "a b#%.txt" || item.Size != int64(len(data)) || !item.Modified.Equal(modified) {
				t.Errorf("%+v", item)
			}
			hash := NewQuickXor()
			if _, _ = hash.Write(data); EncodeHash(hash.Sum(nil)) != item.Hash {
				t.Error("the content differs")
			}
			if err := d.Children(t.Context(), root.ID, func(i Item) error {
				if i.ID != item.ID {
					return fmt.Errorf("%s is there too", i.Name)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEmptyFilesKeepTheirDates(t *testing.T) {
	_, d, root := start(t, 0)
	if item := upload(t, d, root, "x", nil); item.ID == "" || item.Size != 0 || !item.Modified.Equal(modified) {
		t.Errorf("%+v", item)
	}
}

func TestNamesThatAreTaken(t *testing.T) {
	_, d, root := start(t, 0)
	folder, err := d.CreateFolder(t.Context(), root.ID, "taken", Dates{Modified: modified})
	if err != nil || !folder.Folder || !folder.Modified.Equal(modified) {
		t.Fatalf("%+v, %v", folder, err)
	}
	if _, err := d.CreateFolder(t.Context(), root.ID, "Taken", Dates{}); !fault.Is(err, fault.Exists) {
		t.Errorf("%v", err)
	}
	upload(t, d, folder, "a.txt", []byte("1"))
	file := File{Parent: folder.ID, Name: "A.TXT", Content: strings.NewReader("2"), Size: 1}
	if _, err := d.Upload(t.Context(), file); !fault.Is(err, fault.Exists) {
		t.Errorf("%v", err)
	}
	file.Conflict = Rename
	if item, err := d.Upload(t.Context(), file); err != nil || item.Name == "a.txt" {
		t.Errorf("%+v, %v", item, err)
	}
	if found, err := d.Child(t.Context(), folder.ID, "A.txt"); err != nil || found.Name != "a.txt" {
		t.Errorf("%+v, %v", found, err)
	}
}
