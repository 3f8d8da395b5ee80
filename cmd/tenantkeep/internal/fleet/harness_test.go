package fleet_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/cli"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	"github.com/tenantkeep/tenantkeep/sim"
)

// compose is the file that the fleet is read from.
const compose = "../../../../docker-compose.yml"

// bench is a fleet and a tenant that it works on.
type bench struct {
	*testing.T
	*fleet.Fleet
	tenant *httptest.Server
}

// start starts a fleet, and a tenant in this process.
func start(t *testing.T, options fleet.Options, config sim.Config) *bench {
	t.Helper()
	simulator, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator)
	t.Cleanup(server.Close)
	options.Compose, options.Programs, options.Data = compose, programs, t.TempDir()
	f, err := fleet.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Stop)
	t.Cleanup(func() { showLogs(t, options.Data) })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := f.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return &bench{T: t, Fleet: f, tenant: server}
}

// showLogs prints the ends of the processes' logs when a test has failed.
func showLogs(t *testing.T, data string) {
	if !t.Failed() {
		return
	}
	files, _ := filepath.Glob(filepath.Join(data, "log", "*.log"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		t.Logf("%s: ...%s", filepath.Base(file), text[max(0, len(text)-3000):])
	}
}

// try runs a command line and returns its exit status and output.
func (b *bench) try(arguments ...string) (int, string, string) {
	var out, errors bytes.Buffer
	status := cli.Run(b.Context(), append([]string{"--context", b.ContextFile()}, arguments...), strings.NewReader(""), &out, &errors)
	return status, out.String(), errors.String()
}

// do runs a command line that has to succeed.
func (b *bench) do(arguments ...string) string {
	b.Helper()
	status, out, errors := b.try(arguments...)
	if status != 0 {
		b.Fatalf("tenantkeep %v: status %d\n%s\n%s", arguments, status, out, errors)
	}
	return out
}

// ask runs a command line with --json and reads its answer.
func (b *bench) ask(answer proto.Message, arguments ...string) {
	b.Helper()
	if err := protojson.Unmarshal([]byte(b.do(append(arguments, "--json")...)), answer); err != nil {
		b.Fatalf("tenantkeep %v: %v", arguments, err)
	}
}

// until waits for a condition.
func (b *bench) until(what string, patience time.Duration, holds func() bool) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.Fatalf("%s: not within %s", what, patience)
		}
	}
}

// resources lists what is protected.
func (b *bench) resources() []*backupv1.Resource {
	var all backupv1.ListResourcesResponse
	b.ask(&all, "resource", "list")
	return all.GetResources()
}

// protect connects the tenant and waits until everything has its first backup.
func (b *bench) protect(resources int) {
	b.Helper()
	b.do("connection", "add", "--cloud", "sim", "--simulator", b.tenant.URL)
	b.do("mapping", "add", "--all", "--profile", "standard")
	b.until("first backups", 2*time.Minute, func() bool {
		done := 0
		for _, r := range b.resources() {
			if r.GetLastSuccess() != nil {
				done++
			}
		}
		return done == resources
	})
}

// idle waits until no job is queued or running.
func (b *bench) idle() {
	b.Helper()
	b.until("jobs end", 2*time.Minute, func() bool {
		var jobs backupv1.ListJobsResponse
		b.askUntil(&jobs, "job", "list")
		return !slices.ContainsFunc(jobs.GetJobs(), func(j *backupv1.Job) bool {
			return j.GetState() == backupv1.JobState_JOB_STATE_QUEUED || j.GetState() == backupv1.JobState_JOB_STATE_RUNNING
		})
	})
}
