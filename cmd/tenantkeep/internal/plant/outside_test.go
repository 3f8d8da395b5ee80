package plant_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/sim"
)

// A program of another team needs the module proto, the client of NATS and gRPC, and nothing else of ours.
func TestProgramOutsideTheRepository(t *testing.T) {
	program := buildOutside(t)
	b := start(t, sim.Config{Users: 2, Mails: 30, Seed: 3}, nil)
	connection := b.protect()
	mailbox := b.mailbox(connection)
	var found findings
	if err := json.Unmarshal(b.outside(program), &found); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(found.Connections, []string{connection}) {
		t.Errorf("connections %v, not %s", found.Connections, connection)
	}
	if len(found.Provisioned) != 2 {
		t.Errorf("%d users provisioned: %v", len(found.Provisioned), found.Provisioned)
	}
	for _, user := range found.Provisioned {
		if !strings.HasPrefix(user.Name, connection+"/users/") || !strings.Contains(user.Address, "@contoso.onmicrosoft.com") {
			t.Errorf("user %q, address %q", user.Name, user.Address)
		}
		checkHeaders(t, user, "user-provisioned", "/directory-sync/", "tenantkeep.directory.v1.User")
	}
	mails := 0
	for _, resource := range found.Completed {
		checkHeaders(t, resource, "backup-completed", "/backup-worker/", "tenantkeep.backup.v1.Resource")
		if resource.Name == mailbox && resource.Items > 30 {
			mails++
		}
	}
	if mails == 0 {
		t.Errorf("no backup of %s with its 30 mails: %v", mailbox, found.Completed)
	}
	ids := map[string]bool{}
	for _, event := range slices.Concat(found.Provisioned, found.Completed) {
		ids[event.Headers["ce-id"]] = true
	}
	if len(ids) != len(found.Provisioned)+len(found.Completed) {
		t.Errorf("%d ids of %d events", len(ids), len(found.Provisioned)+len(found.Completed))
	}
}

// findings is what the program prints.
type findings struct {
	Connections []string
	Job         string
	Provisioned []event
	Completed   []event
}

type event struct {
	Headers            map[string]string
	Subject            string
	Name, Address, Job string
	Items              int64
}

// checkHeaders compares with what docs/events.md promises.
func checkHeaders(t *testing.T, e event, fact, source, schema string) {
	t.Helper()
	parts := strings.Split(e.Subject, ".") // tenantkeep.v1.evt.<connection>.<kind>.<fact>.<id>
	if len(parts) != 7 || parts[5] != fact {
		t.Fatalf("subject %s", e.Subject)
	}
	connection, kind, id := parts[3], parts[4], parts[6]
	for name, want := range map[string]string{
		"ce-specversion": "1.0", "ce-type": "tenantkeep." + fact + ".v1", "ce-source": source + connection, "ce-subject": kind + "/" + id,
		"ce-id": e.Headers["Nats-Msg-Id"], "ce-datacontenttype": "application/protobuf", "ce-dataschema": "https://tenantkeep.dev/schemas/" + schema,
	} {
		if got := e.Headers[name]; got != want || got == "" {
			t.Errorf("%s: header %s is %q, not %q", e.Subject, name, got, want)
		}
	}
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z$`).MatchString(e.Headers["ce-time"]) {
		t.Errorf("%s: time %q", e.Subject, e.Headers["ce-time"])
	}
}

// outside runs the program and returns what it prints.
func (b *bench) outside(program string) []byte {
	b.Helper()
	var errors strings.Builder
	command := exec.CommandContext(b.Context(), program, "--server", b.about.Server, "--ca", b.about.CA, "--token-file", b.about.TokenFile, "--nats", b.nats)
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		b.Fatalf("outside: %v\n%s", err, errors.String())
	}
	return out
}

// buildOutside builds the program as a module of its own in a directory of its own.
func buildOutside(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "outside"))); err != nil {
		t.Fatal(err)
	}
	repository, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.mod"), fmt.Sprintf(`module example.com/outside

go 1.26.0

require (
	github.com/nats-io/nats.go %s
	github.com/tenantkeep/tenantkeep/proto v0.0.0
	google.golang.org/grpc %s
)

replace github.com/tenantkeep/tenantkeep/proto => %s
`, versionOf(t, "github.com/nats-io/nats.go"), versionOf(t, "google.golang.org/grpc"), filepath.Join(repository, "proto")))
	// The checksums are ours, so that the build asks nobody for them.
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))
	run(t, dir, "build", "-o", "outside", ".")
	for dependency := range strings.FieldsSeq(run(t, dir, "list", "-deps", ".")) {
		if rest, ours := strings.CutPrefix(dependency, "github.com/tenantkeep/tenantkeep/"); ours && !strings.HasPrefix(rest, "proto/") {
			t.Errorf("the program needs %s", dependency)
		}
	}
	for module := range strings.FieldsSeq(run(t, dir, "list", "-m", "-f", "{{.Path}}", "all")) {
		if strings.Contains(module, "microsoft") || strings.Contains(module, "nats-server") || strings.Contains(module, "redis") {
			t.Errorf("the contract brings %s along", module)
		}
	}
	return filepath.Join(dir, "outside")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func versionOf(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// run runs go in a directory, outside of any workspace, and returns what it prints.
func run(t *testing.T, dir string, arguments ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", arguments, err, out)
	}
	return string(out)
}
