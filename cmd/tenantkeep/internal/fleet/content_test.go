package fleet_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	restorev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/restore/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// What an incremental backup may cost: calls to Graph for each item that changed and each folder of
// a mailbox and each drive, and bytes in the vault for each byte that changed.
const (
	callsPerItem      = 0.5
	callsPerContainer = 3
	storedPerByte     = 1.2
	storedAtAll       = 50 << 10
)

// Users whose content comes from this machine.
const (
	reader = "real.mail@contoso.onmicrosoft.com"
	coder  = "real.files@contoso.onmicrosoft.com"
)

// TestRealContent carries real mails and files, and such shapes as few mailboxes hold, through two
// backups, a disaster and a restore, with two backup-workers.
func TestRealContent(t *testing.T) {
	files := goroot(t)
	t.Setenv("TENANTKEEP_LIMITS", "10000") // the published ones allow 20 files a second
	b := start(t, fleet.Options{FreePorts: true}, sim.Config{
		Users: 3, Mails: 40, Files: 10, Seed: 21, Load: []sim.Load{{Address: reader, Path: maildir(t)}, {Address: coder, Path: files}}})
	b.addWorker()
	b.protect(2 * (3 + 2))
	first := b.checksum()
	if n := first.count(reader, "mail", "message"); n < 150 {
		t.Errorf("only %d mails of many shapes", n)
	}
	if n := first.count(coder, "files", "file"); n < 10_000 {
		t.Errorf("only %d files", n)
	}
	b.complete(first)

	b.increment(first)
	before := b.checksum()
	b.complete(before)

	b.change(`{"disaster":"delete"}`)
	for _, r := range b.resources() {
		b.do("restore", "start", r.GetName())
	}
	b.idle()
	b.restored()
	for _, difference := range before.differences(b.checksum()) {
		t.Error(difference)
	}
	b.shared()
}

// addWorker starts another backup-worker and waits for it, so that both have a part in what follows.
func (b *bench) addWorker() {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	if err := b.Add(b.Context(), "backup-worker", "backup-worker-2", "TENANTKEEP_LISTEN="+address, "TENANTKEEP_DATA_DIR="+b.TempDir()); err != nil {
		b.Fatal(err)
	}
	b.until("a second backup-worker", time.Minute, func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// What a snapshot holds besides what people see: the root of a drive, and hidden folders of a mailbox.
const (
	roots         = 1
	hiddenFolders = 2
)

// complete checks that each newest snapshot holds exactly what the tenant has, nothing twice.
func (b *bench) complete(has sums) {
	b.Helper()
	for _, r := range b.resources() {
		workload, besides := "files", roots
		if r.GetWorkload() == typev1.Workload_WORKLOAD_MAIL {
			workload, besides = "mail", hiddenFolders
		}
		result := r.GetLastBackup()
		if result.GetOutcome() != backupv1.BackupOutcome_BACKUP_OUTCOME_COMPLETE {
			b.Errorf("backup of %s: %v", r.GetName(), result)
		}
		if items := has.count(r.GetDisplayName(), workload, "") + besides; result.GetItems() != int64(items) {
			b.Errorf("%s of %s: %d items in the snapshot, %d in the tenant", workload, r.GetDisplayName(), result.GetItems(), items)
		}
	}
}

// increment changes one in a hundred items, backs up again, and checks what that took.
func (b *bench) increment(before sums) {
	b.Helper()
	var changes map[string]struct{ Created, Updated, Moved, Deleted int }
	b.control(http.MethodPost, "/sim/change", `{"share":0.01,"seed":4}`, &changes)
	changed := 0
	for _, c := range changes {
		changed += c.Created + c.Updated + c.Moved + c.Deleted
	}
	size := b.vaultSize()
	b.control(http.MethodPost, "/sim/ledger/reset", "", nil)
	b.do("backup", "start", "--all", "--wait")
	calls, downloads := b.calls()
	grown := b.vaultSize() - size
	bytes, contents := b.changed(before, b.checksum())
	b.Logf("%d items changed, %d bytes, %d contents of files; %d calls, the vault grew by %d bytes", changed, bytes, contents, calls, grown)
	if most := callsPerItem*float64(changed) + float64(callsPerContainer*before.containers()); float64(calls) > most {
		b.Errorf("%d calls for %d changes in %d containers, at most %.0f may be", calls, changed, before.containers(), most)
	}
	if most := storedPerByte*float64(bytes) + storedAtAll; float64(grown) > most {
		b.Errorf("the vault grew by %d bytes for %d that changed, at most %.0f may be", grown, bytes, most)
	}
	if downloads != contents {
		b.Errorf("%d downloads of %d contents of files", downloads, contents)
	}
}

// changed is how many bytes changed: of files the new contents, of mails what was read of them. contents
// is how many contents of files are new.
func (b *bench) changed(before, after sums) (bytes int64, contents int) {
	b.Helper()
	known := map[string]int{}
	for _, file := range before.files() {
		known[file.Detail]++
	}
	for _, file := range after.files() {
		if known[file.Detail]--; known[file.Detail] >= 0 {
			continue // moved or given another name at most
		}
		var size int64
		if _, err := fmt.Sscanf(file.Detail, "size=%d ", &size); err != nil {
			b.Fatalf("%s: %v", file.Detail, err)
		}
		bytes, contents = bytes+size, contents+1
	}
	for _, r := range b.resources() {
		if r.GetWorkload() == typev1.Workload_WORKLOAD_MAIL {
			bytes += r.GetLastBackup().GetBytesRead()
		}
	}
	return bytes, contents
}

// calls is how many requests the tenant has had since the ledger was reset, and how many of them asked the
// host of contents.
func (b *bench) calls() (all, downloads int) {
	b.Helper()
	var ledger struct {
		Total  struct{ Requests int }
		Routes map[string]struct{ Requests int }
	}
	b.control(http.MethodGet, "/sim/ledger", "", &ledger)
	for route, count := range ledger.Routes {
		if strings.HasPrefix(route, "GET /") && strings.HasSuffix(route, ".sharepoint.com") {
			downloads += count.Requests
		}
	}
	return ledger.Total.Requests, downloads
}

// files are the lines of all files, not of folders.
func (s sums) files() []line {
	var all []line
	for _, sum := range s.Sums {
		for _, l := range sum.Lines {
			if l.Kind == "file" {
				all = append(all, l)
			}
		}
	}
	return all
}

// containers are what has a delta of its own: folders of mailboxes, and drives.
func (s sums) containers() int {
	n := 0
	for _, sum := range s.Sums {
		if sum.Workload == "mail" {
			n += s.count(sum.Address, "mail", "folder") + hiddenFolders
		} else {
			n++
		}
	}
	return n
}

// restored checks that every restore did what it was asked for.
func (b *bench) restored() {
	b.Helper()
	var restores restorev1.ListRestoresResponse
	b.ask(&restores, "restore", "list")
	for _, r := range restores.GetRestores() {
		if r.GetState() != restorev1.RestoreState_RESTORE_STATE_SUCCEEDED {
			b.Errorf("%s of %s: %s %v", r.GetName(), r.GetDisplayName(), r.GetState(), r.GetReport())
		}
	}
}

// shared checks that both backup-workers had a part, and that no job was begun twice.
func (b *bench) shared() {
	b.Helper()
	begun := map[string]string{}
	for _, name := range []string{"backup-worker", "backup-worker-2"} {
		part := 0
		for _, job := range b.begun(name) {
			if other := begun[job]; other != "" {
				b.Errorf("job %s was begun by %s and by %s", job, other, name)
			}
			begun[job] = name
			part++
		}
		b.Logf("%s did %d backups", name, part)
		if part == 0 {
			b.Errorf("%s did nothing", name)
		}
	}
}

// data is a path below the directory of everything that the fleet keeps.
func (b *bench) data(path ...string) string {
	return filepath.Join(append([]string{filepath.Dir(b.ContextFile())}, path...)...)
}

// begun lists the backups that a process has begun, by its log.
func (b *bench) begun(process string) []string {
	b.Helper()
	log, err := os.Open(b.data("log", process+".log"))
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	var jobs []string
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		var line struct{ Msg, Job string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "backup begins" {
			jobs = append(jobs, line.Job)
		}
	}
	return jobs
}

// count is how many items of a kind a user has; of all kinds if it is empty.
func (s sums) count(address, workload, kind string) int {
	n := 0
	for _, sum := range s.Sums {
		for _, line := range sum.Lines {
			if sum.Address == address && sum.Workload == workload && (kind == "" || line.Kind == kind) {
				n++
			}
		}
	}
	return n
}

// maildir makes a Maildir of the sample mails of a MIME library, in the inbox, and of shapes that they
// lack, in a folder in a folder.
func maildir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	samples := output(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/jhillyerd/enmime/v2")
	n := 0
	flags := []string{"", "S", "F", "FS", "DS"}
	put := func(folder, name string, raw []byte) {
		n++
		path := filepath.Join(dir, folder, "cur")
		if err := os.MkdirAll(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("%d.%s:2,%s", n, url.PathEscape(name), flags[n%len(flags)])), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(samples, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".raw" {
			return err
		}
		raw, err := os.ReadFile(path)
		put("", entry.Name(), raw)
		return err
	})
	if err != nil || n < 90 {
		t.Fatalf("%d sample mails: %v", n, err)
	}
	for _, s := range shapes() {
		put(".Projects.Shapes", s.name, []byte(s.raw))
	}
	for range 2 * len(flags) { // a mail that was filed more than once
		put(".Projects.Copies", "copy", []byte(letter("copies", "text")))
	}
	return dir
}

// goroot is the folder with the source of Go's library.
func goroot(t *testing.T) string {
	t.Helper()
	return filepath.Join(output(t, "go", "env", "GOROOT"), "src")
}

func output(t *testing.T, program string, arguments ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, arguments...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// vaultSize is the size of everything in the vaults.
func (b *bench) vaultSize() int64 {
	b.Helper()
	var size int64
	err := filepath.WalkDir(b.data("vault"), func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}
