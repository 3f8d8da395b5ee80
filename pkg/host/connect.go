package host

import (
	"context"
	"os"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/bus"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redisledger"
)

// patience is how long a process waits at its start for a bus that starts at the same time.
const patience = time.Minute

// connect tries again while the bus is not there yet: processes of a fleet start in any order.
func connect(ctx context.Context, connection bus.Connection) (jetstream.JetStream, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		attempt, stop := context.WithTimeout(ctx, 5*time.Second)
		js, err := bus.Connect(attempt, connection)
		stop()
		if err == nil || !fault.Is(err, fault.Transient) {
			return js, err
		}
		connection.Logger.Info("wait for nats", "error", err)
		if bus.Pause(ctx, time.Second) != nil {
			return nil, err
		}
	}
}

// openRedis prepares the shared ledger. Redis may be away, now or later: the ledger then falls
// back to half of every limit.
func (h *Host) openRedis(url string) error {
	if url == "" {
		h.Ledger = ratelimit.NewMemory()
		return nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return fault.As(fault.Invalid, "read Redis URL", err, fault.Next("give --redis as redis://host:6379/0"))
	}
	redis.SetLogger(redisLog{log: h.Log, secret: options.Password})
	h.Redis = redis.NewClient(options)
	h.Ledger = ratelimit.NewFallback(redisledger.New(h.Redis), h.Log)
	return nil
}

func pid() string { return strconv.Itoa(os.Getpid()) }
