package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// tenantkeep runs a command line and returns its exit status and what it wrote.
func tenantkeep(ctx context.Context, arguments ...string) (status int, out, errors string) {
	var o, e bytes.Buffer
	status = Run(ctx, arguments, strings.NewReader(""), &o, &e)
	return status, o.String(), e.String()
}

func TestEveryCommandExplainsItself(t *testing.T) {
	a := &app{}
	var visit func(command *cobra.Command, path []string)
	visit = func(command *cobra.Command, path []string) {
		if command.Short == "" || strings.HasSuffix(command.Short, ".") {
			t.Errorf("%v: %q is no short description", path, command.Short)
		}
		if status, out, _ := tenantkeep(t.Context(), append(path, "--help")...); status != exitDone || !strings.Contains(out, "Usage:") {
			t.Errorf("%v --help: status %d, %q", path, status, out)
		}
		for _, child := range command.Commands() {
			visit(child, append(path[:len(path):len(path)], child.Name()))
		}
	}
	visit(a.root(), nil)
}

func TestUsageErrors(t *testing.T) {
	for _, arguments := range [][]string{
		{"nonsense"}, {"connection", "add", "--nonsense"}, {"connection", "test"}, {"profile", "add", "a", "b"},
		{"profile", "add", "--every", "1h", "--cron", "x"}, {"restore", "start"},
		{"backup", "start"}, {"backup", "start", "ann"}, {"backup", "start", "mail:a@b", "--connection", "c"}, {"restore", "start", "mail:a@b", "--to", "moon"},
		{"restore", "start", "mail:a@b", "--conflict", "win"}, {"export", "mail:a@b"}, {"export", "mail:a@b", "-o", "x", "--format", "pst"}, {"verify"},
		{"resource", "list", "--workload", "fax"}, {"job", "list", "--state", "odd"}, {"connection", "add", "--tenant", "x"}, {"connection", "add", "--cloud", "moon"},
		{"connection", "add", "--cloud", "sim"}, {"connection", "modify"}, {"mapping", "add", "--attribute", "department"}, {"mapping", "add"},
		{"mapping", "add", "--all"}, {"mapping", "edit", "m"}, {"mapping", "preview", "--all"}, {"profile", "edit", "standard"},
	} {
		if status, _, text := tenantkeep(t.Context(), arguments...); status != exitUsage || !strings.Contains(text, "Next: ") {
			t.Errorf("%v: status %d, %q", arguments, status, text)
		}
	}
}

func TestFailuresNameTheNextStep(t *testing.T) {
	t.Setenv("TENANTKEEP_HOME", t.TempDir())
	for _, arguments := range [][]string{{"connection", "list"}, {"backup", "start", "mail:a@b"}, {"--context", "/nowhere/context.json", "job", "list"}} {
		status, _, text := tenantkeep(t.Context(), arguments...)
		if status != exitFailed || !strings.Contains(text, "Next: ") {
			t.Errorf("%v: status %d, %q", arguments, status, text)
		}
	}
}

func TestUpRefusesLimitsThatNothingCanLiveOn(t *testing.T) {
	t.Setenv("TENANTKEEP_HOME", t.TempDir())
	if status, _, text := tenantkeep(t.Context(), "up", "--limits", "0"); status == exitDone || !strings.Contains(text, "--limits") {
		t.Errorf("status %d, %q", status, text)
	}
	t.Setenv("TENANTKEEP_LIMITS", "half")
	if status, _, text := tenantkeep(t.Context(), "up"); status == exitDone || !strings.Contains(text, "TENANTKEEP_LIMITS") {
		t.Errorf("status %d, %q", status, text)
	}
}
