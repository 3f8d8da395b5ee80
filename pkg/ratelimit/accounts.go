package ratelimit

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// ClockJump is by how much clocks differ at least that are not the same one.
const ClockJump = 2 * time.Second

const (
	noticeWithin = 3 * time.Second // a holder asks at least every two, and hears then that the ledger is away
	pruneEvery   = time.Minute
)

// accounts are those of a process.
type accounts struct {
	mu     sync.Mutex
	scopes map[scopeKey]*account
	lives  map[m365.ConnectionID]string // of the ledger, as last heard
	pruned time.Time
	clock  func() time.Time // of the machine; only what passes on it counts
}

func newAccounts() *accounts {
	return &accounts{scopes: map[scopeKey]*account{}, lives: map[m365.ConnectionID]string{}, pruned: time.Now(), clock: time.Now}
}

// with calls do on the account of a scope, which is made if there is none.
func (s *accounts) with(connection m365.ConnectionID, scope string, do func(*account)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := scopeKey{connection, scope}
	if s.scopes[key] == nil {
		s.scopes[key] = newAccount(connection, scope, s.clock())
	}
	do(s.scopes[key])
}

func (s *accounts) decide(ask Ask) (grant Grant) {
	s.with(ask.Connection, ask.Scope, func(a *account) { grant = a.decide(ask) })
	return grant
}

func (s *accounts) life(connection m365.ConnectionID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lives[connection]
}

// living tells that the ledger has that life. If it is another one than before, all accounts are owed to it.
func (s *accounts) living(connection m365.ConnectionID, life string) (another bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	another = s.lives[connection] != "" && s.lives[connection] != life
	s.lives[connection] = life
	if another {
		s.owe(connection)
	}
	return another
}

func (s *accounts) owe(connection m365.ConnectionID) {
	for key, a := range s.scopes {
		if key.connection == connection {
			a.owed = true
		}
	}
}

// take keeps what the ledger granted, or tells that it is not to be used, since the ledger's clock has jumped ahead
// and it took what is recent for past: all accounts are owed to it then.
func (s *accounts) take(ask Ask, grant Grant) (usable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.scopes[scopeKey{ask.Connection, ask.Scope}]
	if a != nil && a.ahead(grant.At) {
		s.owe(ask.Connection)
		return false
	}
	if a == nil {
		a = newAccount(ask.Connection, ask.Scope, s.clock())
		s.scopes[scopeKey{ask.Connection, ask.Scope}] = a
	}
	a.see(ask, grant)
	return true
}

// owing are the scopes of a connection of which the ledger has to hear.
func (s *accounts) owing(connection m365.ConnectionID) (scopes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, a := range s.scopes {
		if a.owed && key.connection == connection {
			scopes = append(scopes, key.scope)
		}
	}
	return scopes
}

// owed is the account of a scope, if the ledger has to hear of it.
func (s *accounts) owed(connection m365.ConnectionID, scope string) (account Account, owed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.scopes[scopeKey{connection, scope}]
	if a == nil || !a.owed {
		return Account{}, false
	}
	account = a.current()
	account.Known, account.Alone = a.Known.clone(), maps.Clone(a.Alone)
	return account, true
}

// keeps tells whether there is anything to keep for a connection, and forgets now and then what is past.
func (s *accounts) keeps(connection m365.ConnectionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.pruned) > pruneEvery {
		s.pruned = time.Now()
		maps.DeleteFunc(s.scopes, func(_ scopeKey, a *account) bool { return len(a.Alone) == 0 && a.Known.idle(a.now()) })
	}
	for key := range s.scopes {
		if key.connection == connection {
			return true
		}
	}
	return false
}

func (s *accounts) report(connection m365.ConnectionID) (usage []Usage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, a := range s.scopes {
		if key.connection != connection {
			continue
		}
		state := a.Known
		if a.alone != nil {
			state = a.alone
		}
		usage = append(usage, state.Usage(key.scope, a.now()))
	}
	slices.SortFunc(usage, func(a, b Usage) int { return strings.Compare(a.Scope, b.Scope) })
	return usage
}
