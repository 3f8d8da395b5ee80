package fleet_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs is the directory with the fleet's binaries, built once for all tests of this package.
var programs string

const module = "github.com/tenantkeep/tenantkeep/"

func TestMain(m *testing.M) {
	status, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "tenantkeep-programs-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	programs = dir
	packages := []string{module + "cmd/tenantkeep", module + "sim/cmd/m365sim"}
	for _, service := range []string{"auth-broker", "directory-sync", "backup-worker", "restore-worker", "notifier"} {
		packages = append(packages, module+"services/"+service+"/cmd/"+service)
	}
	build := exec.Command("go", append([]string{"build", "-o", dir + "/"}, packages...)...)
	if text, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the fleet: %w\n%s", err, text)
	}
	root, err := filepath.Abs("../../../..")
	if err != nil {
		return 1, err
	}
	tools := exec.Command("go", "build", "-C", filepath.Join(root, "tools"), "-o", dir+"/", "github.com/nats-io/nats-server/v2")
	tools.Env = append(os.Environ(), "GOWORK=off")
	if text, err := tools.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build nats-server: %w\n%s", err, text)
	}
	return m.Run(), nil
}
