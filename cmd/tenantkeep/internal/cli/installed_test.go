package cli

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/plant"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
	"github.com/tenantkeep/tenantkeep/sim/serve"
)

// installed runs an all-in-one until the test ends; commands find it by the environment.
func installed(t *testing.T) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	ready := make(chan struct{})
	during(t, func(ctx context.Context) error {
		config := plant.Config{Dir: dir, Listen: "127.0.0.1:0", Log: telemetry.NewLog(io.Discard, "test")}
		return plant.Run(ctx, config, func(client.Context) { close(ready) })
	}, ready)
	t.Setenv("TENANTKEEP_CONTEXT", filepath.Join(dir, "context.json"))
}

// during does something until the test ends, and waits until it is ready.
func during(t *testing.T, do func(context.Context) error, ready <-chan struct{}) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- do(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-ready:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
}

// hint is what m365sim prints at its start, up to the command line.
type hint struct {
	text  strings.Builder
	ready chan struct{}
}

func (h *hint) Write(text []byte) (int, error) {
	if h.text.Write(text); strings.Contains(string(text), "tenantkeep ") {
		close(h.ready)
	}
	return len(text), nil
}

// simulated runs m365sim and returns what it prints.
func simulated(t *testing.T, arguments ...string) string {
	t.Helper()
	options, err := serve.Parse(append([]string{"--listen", "127.0.0.1:0"}, arguments...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	out := &hint{ready: make(chan struct{})}
	during(t, func(ctx context.Context) error { return serve.Run(ctx, options, out) }, out.ready)
	return out.text.String()
}

func TestTheSimulatorsHintConnects(t *testing.T) {
	installed(t)
	_, line, found := strings.Cut(simulated(t, "--users", "2"), "\ntenantkeep ")
	if !found {
		t.Fatal("m365sim does not say how to go on")
	}
	status, out, errors := tenantkeep(t.Context(), strings.Fields(line)...)
	if status != exitDone || !strings.Contains(out, "Contoso") {
		t.Fatalf("%s: status %d, %s%s", line, status, out, errors)
	}
}

// TestWhatIsNotThereIsSaid goes through names that name nothing, lists that are empty and servers that are
// not there.
func TestWhatIsNotThereIsSaid(t *testing.T) {
	installed(t)
	for _, arguments := range [][]string{
		{"connection", "test", "nope"}, {"connection", "remove", "nope"}, {"user", "list"}, {"backup", "start", "--all"}, {"job", "watch", "nope"}, {"job", "cancel", "nope"},
		{"snapshot", "list", "mail:a@b"}, {"snapshot", "ls", "mail:a@b/7"}, {"search", "nope", "word"}, {"verify", "--all"}, {"profile", "edit", "nope", "--every", "1h"},
		{"event", "watch", "--connection", "nope"}, {"--server", "127.0.0.1:1", "job", "list"},
	} {
		status, out, errors := tenantkeep(t.Context(), arguments...)
		if status != exitFailed || out != "" || !strings.Contains(errors, "Next: ") || strings.Contains(errors, "rpc error") {
			t.Errorf("%v: status %d, %q, %q", arguments, status, out, errors)
		}
	}
	for _, list := range []string{"connection", "resource", "job", "channel", "rule", "delivery", "restore"} {
		if status, out, errors := tenantkeep(t.Context(), list, "list"); status != exitDone || out != "none\n" || errors != "" {
			t.Errorf("%s list: status %d, %q, %q", list, status, out, errors)
		}
		if status, out, _ := tenantkeep(t.Context(), list, "list", "--json"); status != exitDone || out != "{}\n" {
			t.Errorf("%s list --json: status %d, %q", list, status, out)
		}
	}
}
