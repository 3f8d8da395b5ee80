package tokencache_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/ratelimit/redistest"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/tokencache"
)

var key = token.Key{Connection: "c1", Version: 7}

func ring(t *testing.T) *seal.Ring {
	t.Helper()
	r, err := seal.Open(filepath.Join(t.TempDir(), "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fresh(access string, life time.Duration) token.Token {
	now := time.Now().UTC()
	return token.Token{Access: access, Renew: now.Add(life / 2), Give: now.Add(life), Expires: now.Add(life)}
}

// TestCachesKeepTheContract holds every implementation to what token.Cache promises.
func TestCachesKeepTheContract(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) token.Cache{
		"memory": func(*testing.T) token.Cache { return tokencache.NewMemory(time.Now) },
		"redis": func(t *testing.T) token.Cache {
			return tokencache.NewRedis(redistest.Start(t).Client(), ring(t), time.Now)
		},
		"fallback": func(t *testing.T) token.Cache {
			return tokencache.NewFallback(tokencache.NewRedis(redistest.Start(t).Client(), ring(t), time.Now), tokencache.NewMemory(time.Now), time.Now)
		},
		"fallback without Redis": func(t *testing.T) token.Cache {
			server := redistest.Start(t)
			server.Stop()
			return tokencache.NewFallback(tokencache.NewRedis(server.Client(), ring(t), time.Now), tokencache.NewMemory(time.Now), time.Now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			for rule, check := range rules {
				t.Run(rule, func(t *testing.T) { check(t, open(t)) })
			}
		})
	}
}

var rules = map[string]func(t *testing.T, cache token.Cache){
	"what was put comes back": func(t *testing.T, cache token.Cache) {
		if _, err := cache.Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("an empty cache: %v", err)
		}
		put(t, cache, key, fresh("a", time.Hour))
		want := fresh("b", time.Hour)
		put(t, cache, key, want)
		got, err := cache.Get(t.Context(), key)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	},
	"another version or connection is another token": func(t *testing.T, cache token.Cache) {
		put(t, cache, key, fresh("a", time.Hour))
		for _, other := range []token.Key{{Connection: "c1", Version: 8}, {Connection: "c2", Version: 7}} {
			if _, err := cache.Get(t.Context(), other); !fault.Is(err, fault.NotFound) {
				t.Errorf("%v: %v", other, err)
			}
		}
	},
	"an expired token is none": func(t *testing.T, cache token.Cache) {
		put(t, cache, key, fresh("a", 50*time.Millisecond))
		eventually(t, func() bool { _, err := cache.Get(t.Context(), key); return fault.Is(err, fault.NotFound) })
		put(t, cache, key, fresh("b", -time.Second))
		if _, err := cache.Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("put when it had expired: %v", err)
		}
	},
	"one holds the lock": func(t *testing.T, cache token.Cache) {
		release := lock(t, cache, key, time.Hour)
		if _, taken, err := cache.Lock(t.Context(), key, time.Hour); taken || err != nil {
			t.Errorf("a second one has it: %v", err)
		}
		lock(t, cache, token.Key{Connection: "c2", Version: 7}, time.Hour)
		must(t, release(t.Context()))
		must(t, lock(t, cache, key, time.Hour)(t.Context()))
	},
	"a lock ends by itself, and its late holder does no harm": func(t *testing.T, cache token.Cache) {
		late := lock(t, cache, key, 50*time.Millisecond)
		var current func(context.Context) error
		eventually(t, func() bool {
			release, taken, err := cache.Lock(t.Context(), key, time.Hour)
			must(t, err)
			current = release
			return taken
		})
		must(t, late(t.Context()))
		if _, taken, err := cache.Lock(t.Context(), key, time.Hour); taken || err != nil {
			t.Errorf("the late holder has unlocked another's lock: %v", err)
		}
		must(t, current(t.Context()))
	},
}

func TestRedisHoldsNothingInClearAndNothingMoves(t *testing.T) {
	client, r := redistest.Start(t).Client(), ring(t)
	cache := tokencache.NewRedis(client, r, time.Now)
	put(t, cache, key, fresh("eyJ-secret", time.Hour))
	value, err := client.Get(t.Context(), "tok:{c1}:7").Result()
	must(t, err)
	if strings.Contains(value, "eyJ-secret") || strings.Contains(value, "access") {
		t.Error("the token is in clear")
	}
	must(t, client.Set(t.Context(), "tok:{c2}:7", value, time.Hour).Err())
	if _, err := cache.Get(t.Context(), token.Key{Connection: "c2", Version: 7}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a token that was copied to another connection opens: %v", err)
	}
	if _, err := tokencache.NewRedis(client, ring(t), time.Now).Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
		t.Errorf("another key file opens it: %v", err)
	}
	left, err := client.PTTL(t.Context(), "tok:{c1}:7").Result()
	if err != nil || left <= 0 || left > time.Hour {
		t.Errorf("it stays for %v, %v", left, err)
	}
}

func TestFallbackGoesOnWithoutRedis(t *testing.T) {
	server := redistest.Start(t)
	cache := tokencache.NewFallback(tokencache.NewRedis(server.Client(), ring(t), time.Now), tokencache.NewMemory(time.Now), time.Now)
	put(t, cache, key, fresh("a", time.Hour))
	server.Stop()
	if got, err := cache.Get(t.Context(), key); err != nil || got.Access != "a" {
		t.Errorf("%v, %v", got, err)
	}
	lock(t, cache, key, time.Hour)
	server.Start()
	eventually(t, func() bool { // Redis is back, empty, and counts again
		_, err := cache.Get(t.Context(), key)
		return fault.Is(err, fault.NotFound)
	})
}

func put(t *testing.T, cache token.Cache, key token.Key, value token.Token) {
	t.Helper()
	must(t, cache.Put(t.Context(), key, value))
}

func lock(t *testing.T, cache token.Cache, key token.Key, hold time.Duration) func(context.Context) error {
	t.Helper()
	release, taken, err := cache.Lock(t.Context(), key, hold)
	if err != nil || !taken {
		t.Fatalf("taken %v, %v", taken, err)
	}
	return release
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it did not happen")
		}
	}
}
