package ratelimit

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// Memory is a ledger of one process: that of the all-in-one, and what [Fallback] falls back to.
type Memory struct {
	began  time.Time
	mu     sync.Mutex
	scopes map[scopeKey]*State
}

// sweepEvery is after how many new scopes the idle ones are forgotten.
const sweepEvery = 1024

type scopeKey struct {
	connection m365.ConnectionID
	scope      string
}

// NewMemory returns an empty ledger.
func NewMemory() *Memory { return &Memory{began: time.Now(), scopes: map[scopeKey]*State{}} }

var _ Ledger = (*Memory)(nil)

// Acquire implements [Ledger].
func (m *Memory) Acquire(_ context.Context, ask Ask) (Grant, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.scope(ask.Connection, ask.Scope).acquire(ask, m.now()), nil
}

// Return implements [Ledger].
func (m *Memory) Return(_ context.Context, back Return) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scope(back.Connection, back.Scope).giveBack(back)
	return nil
}

// CoolDown implements [Ledger].
func (m *Memory) CoolDown(_ context.Context, connection m365.ConnectionID, scope string, wait time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scope(connection, scope).coolDown(wait.Microseconds(), m.now())
	return nil
}

// Report implements [Ledger].
func (m *Memory) Report(_ context.Context, connection m365.ConnectionID) ([]Usage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var usage []Usage
	for key, s := range m.scopes {
		if key.connection == connection {
			usage = append(usage, s.Usage(key.scope, m.now()))
		}
	}
	slices.SortFunc(usage, func(a, b Usage) int { return strings.Compare(a.Scope, b.Scope) })
	return usage, nil
}

func (m *Memory) scope(connection m365.ConnectionID, name string) *State {
	key := scopeKey{connection, name}
	s := m.scopes[key]
	if s == nil {
		if len(m.scopes)%sweepEvery == sweepEvery-1 {
			maps.DeleteFunc(m.scopes, func(_ scopeKey, s *State) bool { return s.idle(m.now()) })
		}
		s = NewState()
		m.scopes[key] = s
	}
	return s
}

// now goes on evenly whatever becomes of the machine's clock: only what has passed is counted.
func (m *Memory) now() int64 { return m.began.UnixMicro() + time.Since(m.began).Microseconds() }
