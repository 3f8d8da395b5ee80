package host

import (
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
)

// lines is a log that others may still write to.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestRedisThatIsAwayIsLoggedForDebugging dials an address where nobody listens.
func TestRedisThatIsAwayIsLoggedForDebugging(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	log := &lines{}
	h := &Host{Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if err := h.openRedis("redis://:open-sesame@" + address + "/0"); err != nil {
		t.Fatal(err)
	}
	if err := h.Redis.Ping(t.Context()).Err(); err == nil {
		t.Error("somebody answers")
	}
	if err := h.Redis.Close(); err != nil {
		t.Error(err)
	}
	redisLog{log: h.Log, secret: "open-sesame"}.Printf(t.Context(), "said %s", "open-sesame")
	text := log.String()
	if !strings.Contains(text, "dial") || strings.Contains(text, "open-sesame") || strings.Count(text, "level=DEBUG") != strings.Count(text, "level=") {
		t.Errorf("logged %s", text)
	}
}
