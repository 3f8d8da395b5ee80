package plant_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tenantkeep/tenantkeep/sim"
)

// A disk that is full: the backup waits and says for what, goes on by itself once there is room, and
// has lost nothing. The disk is a limit on the size of the process's files, which needs no root.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	c, process := settleAlone(t, sim.Config{Users: 1, Files: 6, Seed: 15})
	user := c.user()
	c.makeFile(user, "/Plan.bin", 12<<20)
	c.connect()
	c.room(process, 5<<20)
	job := c.firstJob(user, "files")
	c.until("the backup tells that the disk is full", func() bool { return c.job(user).GetProblem().GetReason() == "VAULT_FULL" })
	c.expect(0, []string{"queued.*file too large"}, "job", "list")
	c.room(process, unix.RLIM_INFINITY)
	c.expect(0, []string{"complete", "0 failed"}, "job", "watch", job.GetName())
	c.heals(user, "files")
	c.expect(0, []string{"0 damaged"}, "verify", "files:"+user)
}

// settleAlone is settle with an all-in-one in a process of its own.
func settleAlone(t *testing.T, config sim.Config) (*climate, *os.Process) {
	t.Helper()
	simulator, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(simulator)
	t.Cleanup(web.Close)
	dir := t.TempDir()
	var log bytes.Buffer
	command := exec.Command(os.Args[0])
	command.Env, command.Stderr = append(os.Environ(), aloneIn+"="+dir), &log
	stop, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop.Close()
		if err := command.Wait(); err != nil {
			t.Errorf("all-in-one: %v", err)
		}
		if t.Failed() {
			t.Logf("log: ...%s", log.Bytes()[max(0, log.Len()-8000):])
		}
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "ready" {
		t.Fatalf("all-in-one: %q, %v", line, err)
	}
	b := &bench{T: t, tenant: web.URL}
	return &climate{bench: b, simulator: simulator, people: simulator.Directory.People(), context: filepath.Join(dir, "context.json"), taken: &atomic.Int64{}}, command.Process
}

// room is up to what size the process can write files from now on.
func (c *climate) room(process *os.Process, bytes uint64) {
	c.Helper()
	limit := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	if err := unix.Prlimit(process.Pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		c.Fatal(err)
	}
}

// makeFile makes a file in a user's drive.
func (c *climate) makeFile(user, path string, size int64) {
	c.Helper()
	var made json.RawMessage
	c.control(http.MethodPost, "/sim/file", fmt.Sprintf(`{"user":%q,"path":%q,"size":%d}`, user, path, size), &made)
}
