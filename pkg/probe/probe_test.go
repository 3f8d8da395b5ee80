package probe_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/bus/natstest"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/probe"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
)

func TestServersThatAreWell(t *testing.T) {
	redis := redistest.Start(t)
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer web.Close()
	for _, target := range []string{natstest.Run(t).URL(), "redis://" + redis.Address, web.URL + "/well"} {
		if err := probe.Check(t.Context(), target); err != nil {
			t.Errorf("%s: %v", target, err)
		}
	}
}

func TestARedisThatWantsAPasswordIsWell(t *testing.T) {
	redis := redistest.Start(t)
	if err := redis.Client().ConfigSet(t.Context(), "requirepass", "secret").Err(); err != nil {
		t.Fatal(err)
	}
	if err := probe.Check(t.Context(), "redis://"+redis.Address); err != nil {
		t.Error(err)
	}
}

func TestServersThatAreNot(t *testing.T) {
	redis := redistest.Start(t)
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	gone := natstest.Run(t)
	gone.Stop()
	for target, want := range map[string]fault.Kind{
		gone.URL():                                fault.Transient,
		"nats://" + listening(t):                  fault.Transient,
		"redis://" + listening(t):                 fault.Transient,
		"redis://" + web.Listener.Addr().String(): fault.Transient,
		"nats://" + redis.Address:                 fault.Transient,
		web.URL + "/well":                         fault.Transient,
		"ldap://" + redis.Address:                 fault.Unsupported,
		"127.0.0.1:4222":                          fault.Invalid,
		"":                                        fault.Invalid,
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := probe.Check(ctx, target); !fault.Is(err, want) {
			t.Errorf("%q: %v", target, err)
		}
		cancel()
	}
}

// listening is the address of a server that never says anything.
func listening(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
