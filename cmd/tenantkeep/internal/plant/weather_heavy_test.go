//go:build weather

package plant_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenantkeep/tenantkeep/sim"
)

// boundMB is what an all-in-one may have in memory at most, whatever the size of a file or a folder.
const boundMB = 400

// A file of 3 GiB is backed up, exported and restored to another drive in bounded memory.
func TestHugeFile(t *testing.T) {
	const size = 3 << 30
	c, process := settleAlone(t, sim.Config{Users: 2, Seed: 31})
	user, other := c.user(), c.user()
	c.makeFile(user, "/Huge.bin", size)
	c.connect()
	c.timed(process, "backup", func() {
		c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.firstJob(user, "files").GetName())
	})
	c.expect(0, nil, "job", "watch", c.firstJob(other, "files").GetName())
	path := filepath.Join(t.TempDir(), "huge.zip")
	c.timed(process, "export", func() { c.expect(0, []string{" 0 failed"}, "export", "files:"+user, "-o", path) })
	c.timed(process, "restore", func() {
		c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", "files:"+user, "--path", "Huge.bin", "--to", "user="+other, "--wait")
	})
	for line := range c.content(user, "files") {
		if strings.Contains(line, "Huge.bin") && c.content(other, "files")[line] != 1 {
			t.Errorf("not restored as it was: %s", line)
		}
	}
}

// A folder of 50,000 mails is backed up, restored after a disaster, and as before, in bounded memory.
func TestHugeFolder(t *testing.T) {
	const mails = 104_200 // of which 480 in 1,000 are in the inbox
	c, process := settleAlone(t, sim.Config{Users: 1, Mails: mails, Seed: 32})
	user := c.user()
	c.connect()
	c.timed(process, "backup", func() {
		c.expect(0, []string{"complete", "0 failed"}, "job", "watch", c.firstJob(user, "mail").GetName())
	})
	c.timed(process, "second backup", func() {
		c.expect(0, []string{"complete", "0 failed"}, "backup", "start", "mail:"+user, "--wait")
	})
	c.timed(process, "list of the folder", func() {
		text := c.do("snapshot", "ls", "mail:"+user, "Inbox")
		if rows := strings.Count(text, "\n"); rows < 50_000 {
			t.Errorf("%d rows", rows)
		}
	})
	c.timed(process, "export", func() {
		c.expect(0, []string{" 0 failed"}, "export", "mail:"+user, "--path", "Inbox", "--format", "mbox", "-o", filepath.Join(t.TempDir(), "inbox.mbox"))
	})
	before := c.content(user, "mail")
	c.change(user, "mail", `"disaster":"delete"`)
	c.timed(process, "restore", func() {
		c.expect(0, []string{"succeeded", " 0 failed"}, "restore", "start", "mail:"+user, "--wait")
	})
	c.same(before, c.content(user, "mail"))
}

// A real disk of 24 MB that is full: as TestDiskFull, with what the operating system says. Needs root.
func TestRealDiskFull(t *testing.T) {
	c, _ := settleAlone(t, sim.Config{Users: 1, Files: 6, Seed: 15})
	user := c.user()
	c.makeFile(user, "/Plan.bin", 40<<20)
	vault := filepath.Join(filepath.Dir(c.context), "vault")
	if err := os.MkdirAll(vault, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", vault, "tmpfs", 0, "size=24m"); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(vault, unix.MNT_DETACH) })
	c.connect()
	job := c.firstJob(user, "files")
	c.until("the backup tells that the disk is full", func() bool { return c.job(user).GetProblem().GetReason() == "VAULT_FULL" })
	t.Log(c.expect(0, []string{"queued.*no space left"}, "job", "list"))
	if err := unix.Mount("tmpfs", vault, "tmpfs", unix.MS_REMOUNT, "size=400m"); err != nil {
		t.Fatal(err)
	}
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", job.GetName())
	c.heals(user, "files")
	c.expect(0, []string{"0 damaged"}, "verify", "files:"+user)
}

// timed does a thing and logs what it took: seconds, requests to the tenant, and the most memory that
// the all-in-one ever had.
func (c *climate) timed(process *os.Process, what string, do func()) {
	c.Helper()
	c.control(http.MethodPost, "/sim/ledger/reset", "", new(any))
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", process.Pid), []byte("5"), 0); err != nil { // a new peak from here
		c.Fatal(err)
	}
	began := time.Now()
	do()
	took := time.Since(began)
	var spent struct{ Total struct{ Requests int } }
	c.control(http.MethodGet, "/sim/ledger", "", &spent)
	peak := c.peak(process)
	c.Logf("%-20s %7.1f s  %7d requests  peak %4d MB", what, took.Seconds(), spent.Total.Requests, peak)
	if peak > boundMB {
		c.Errorf("%s: %d MB in memory, more than %d", what, peak, boundMB)
	}
}

func (c *climate) peak(process *os.Process) int {
	c.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Pid))
	if err != nil {
		c.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	kilobytes, err := strconv.Atoi(strings.Fields(string(rest))[0])
	if err != nil {
		c.Fatal(err)
	}
	return kilobytes / 1000
}
