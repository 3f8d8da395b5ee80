package fleet_test

import (
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	"github.com/tenantkeep/tenantkeep/sim"
)

// The processes run with the ports and the environment that docker-compose.yml gives them.
func TestComposeFileRuns(t *testing.T) {
	b := start(t, fleet.Options{}, sim.Config{Users: 1, Mails: 20, Seed: 5})
	b.protect(2)
	if out := b.do("verify", "--all"); !strings.Contains(out, "0 damaged") {
		t.Error(out)
	}
	if out := b.do("audit", "list"); !strings.Contains(out, "CreateConnection") || !strings.Contains(out, "person:admin") {
		t.Error(out)
	}
}

func TestReadTranslatesTheComposeFile(t *testing.T) {
	plan, err := fleet.Read(fleet.Options{Compose: compose, Programs: programs, Data: "/tmp/x"})
	if err != nil {
		t.Fatal(err)
	}
	position := map[string]int{}
	for i, process := range plan.Processes {
		position[process.Name] = i
		for _, text := range append(process.Arguments, process.Environment...) {
			if strings.Contains(text, "/data/") || strings.Contains(text, "redis:6379") || strings.Contains(text, "0.0.0.0") {
				t.Errorf("%s: %q is meant for a container", process.Name, text)
			}
		}
	}
	if len(plan.Processes) != 9 || position["pki"] > position["auth-broker"] || position["nats"] > position["notifier"] {
		t.Errorf("order %v", position)
	}
	if !plan.Processes[position["pki"]].Once || plan.Address(7103) != "127.0.0.1:7103" {
		t.Error("pki has to end before others start, and ports are those of the file")
	}
}
