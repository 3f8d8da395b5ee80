package redisledger_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
)

const victim = "TENANTKEEP_TEST_VICTIM"

// TestMain is also the process that is killed: it takes all slots and a lease, and waits in front of everybody.
func TestMain(m *testing.M) {
	address := os.Getenv(victim)
	redis.SetLogger(quiet{})
	if address == "" {
		os.Exit(m.Run())
	}
	ledger := ratelimit.NewFallback(redisledger.New(redis.NewClient(&redis.Options{Addr: address})), slog.New(slog.DiscardHandler))
	limiter := ratelimit.NewLimiter(ratelimit.Config{Ledger: ledger, Connection: connection, Holder: "victim"})
	urgent := mailbox
	urgent.Slots, urgent.Priority = 4, ratelimit.Restore
	for {
		if _, err := limiter.Acquire(context.Background(), urgent); err != nil {
			os.Exit(1)
		}
		fmt.Fprintln(os.Stdout, "holds") // the second permit is never had: it waits for its own slots
	}
}
