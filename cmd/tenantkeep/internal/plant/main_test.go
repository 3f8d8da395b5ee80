package plant_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/plant"
)

// TestMain lets more tests run at a time than there are processors: in bad weather most of them wait.
// With aloneIn in its environment the program is an all-in-one instead, for tests that need one with
// a process of its own.
func TestMain(m *testing.M) {
	if dir := os.Getenv(aloneIn); dir != "" {
		os.Exit(alone(dir))
	}
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const aloneIn = "TENANTKEEP_TEST_ALONE_IN"

// alone is an all-in-one until its standard input ends. Files beyond a limit of the process are an
// error of the write, as on a full disk, not the end of the process.
func alone(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // however it ends, it has ended
		stop()
	}()
	config := plant.Config{Dir: dir, Listen: "127.0.0.1:0", Limits: unhurried, Log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
	if err := plant.Run(ctx, config, func(client.Context) { fmt.Fprintln(os.Stdout, "ready") }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
