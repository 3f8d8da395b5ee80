package redisledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit"
)

// Life implements [ratelimit.Shared].
func (l *Ledger) Life(ctx context.Context, connection m365.ConnectionID) (string, error) {
	life, err := l.client.HGet(ctx, lifeKey(connection), "id").Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return life, away("read ledger", err)
}

// Restore implements [ratelimit.Shared].
func (l *Ledger) Restore(ctx context.Context, account ratelimit.Account) (life string, now int64, err error) {
	keep, known := time.Hour, account.Known
	args := make([]any, 9, 9+6*len(known.Limits))
	for _, budget := range slices.Sorted(maps.Keys(known.Limits)) {
		limit, alone := known.Limits[budget], account.Alone[budget]
		keep = max(keep, 2*limit.Per)
		args = append(args, budget, limit.Units, limit.Per.Microseconds(), limit.Burst)
		if limit.Burst > 0 {
			args = append(args, known.Arrivals[budget], alone.Units)
		} else {
			args = append(args, windowText(known.Windows[budget]), windowText(alone.Window))
		}
	}
	copy(args, []any{
		account.Scope, keep.Milliseconds(), account.At, ratelimit.ClockJump.Microseconds(), known.CoolUntil, known.Pace,
		known.PacedAt, known.Slots, holdersText(known.Holders),
	})
	reply, err := restore.Run(ctx, l.client, keys(account.Connection, account.Scope), args...).StringSlice()
	if err != nil {
		return "", 0, away("restore budget", err)
	}
	return reply[0], number(reply[1]), nil
}

func windowText(w ratelimit.Window) string {
	parts := make([]string, len(w))
	for i, part := range w {
		parts[i] = fmt.Sprintf("%d:%d", part.Index, part.Units)
	}
	return strings.Join(parts, " ")
}

func holdersText(holders map[string]ratelimit.Holder) string {
	var entries []string
	for name, h := range holders {
		entries = append(entries, fmt.Sprintf("%s=%d:%d:%d", name, h.Slots, h.Until, h.Priority))
	}
	return strings.Join(entries, " ")
}
