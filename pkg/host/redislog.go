package host

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// redisLog takes what go-redis would print to standard error by itself: a line for every dial that fails,
// many a second while Redis is away. It goes to debug, since whoever uses Redis logs the loss and the
// return of it once each.
type redisLog struct {
	log    *slog.Logger
	secret string // never shown, in case a message quotes what was sent
}

// Printf implements go-redis's logger.
func (l redisLog) Printf(ctx context.Context, format string, values ...any) {
	if !l.log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	text := fmt.Sprintf(format, values...)
	if l.secret != "" {
		text = strings.ReplaceAll(text, l.secret, "***")
	}
	l.log.DebugContext(ctx, "redis client", "message", text)
}
