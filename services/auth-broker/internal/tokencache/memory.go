package tokencache

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/services/auth-broker/internal/token"
)

// Memory keeps tokens in this process.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex
	tokens map[token.Key]token.Token
	locks  map[token.Key]lock
	turn   uint64
}

type lock struct {
	turn  uint64 // whose it is
	until time.Time
}

var _ token.Cache = (*Memory)(nil)

// NewMemory returns an empty cache.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, tokens: map[token.Key]token.Token{}, locks: map[token.Key]lock{}}
}

// Get implements token.Cache.
func (m *Memory) Get(_ context.Context, key token.Key) (token.Token, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.tokens[key]; ok && m.now().Before(t.Expires) {
		return t, nil
	}
	return token.Token{}, notCached()
}

// Put implements token.Cache. Tokens of other versions of the connection are dropped.
func (m *Memory) Put(_ context.Context, key token.Key, t token.Token) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	maps.DeleteFunc(m.tokens, func(other token.Key, kept token.Token) bool {
		return other.Connection == key.Connection && other.Version < key.Version || !now.Before(kept.Expires)
	})
	m.tokens[key] = t
	return nil
}

// Lock implements token.Cache.
func (m *Memory) Lock(_ context.Context, key token.Key, hold time.Duration) (func(context.Context) error, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if held, ok := m.locks[key]; ok && m.now().Before(held.until) {
		return nil, false, nil
	}
	m.turn++
	turn := m.turn
	m.locks[key] = lock{turn: turn, until: m.now().Add(hold)}
	return func(context.Context) error { m.unlock(key, turn); return nil }, true, nil
}

func (m *Memory) unlock(key token.Key, turn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[key].turn == turn {
		delete(m.locks, key)
	}
}

func notCached() error { return fault.New(fault.NotFound, "get token", "not cached") }
