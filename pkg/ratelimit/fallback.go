package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/m365"
)

// A ledger that takes longer than this is as good as away: a decision normally takes half a
// millisecond, and every call waits for one. Then it is left alone for a while.
const (
	ledgerTimeout = 250 * time.Millisecond
	retryLedger   = time.Second
)

var errAway = errors.New("the ledger is away")

// Shared is a ledger of several processes that may lose its memory.
type Shared interface {
	Ledger

	// Life names the memory of a connection; it is empty if there is none.
	Life(ctx context.Context, connection m365.ConnectionID) (string, error)

	// Restore tells what a process knows. Of what is known already the larger counts; what the process spent alone
	// is added. A ledger without a memory begins one, and grants nothing for [RecoverFor].
	Restore(ctx context.Context, account Account) (life string, now int64, err error)
}

// Fallback is a shared ledger that may be away, or forget. The process keeps an account of what it last heard of every
// scope that it works on. As long as the ledger is away it goes on from there, and counts every unit twice or as often
// as there are processes, so that all together stay below the limits. When the ledger is back it hears what was spent,
// and if it has forgotten everything, what was known.
type Fallback struct {
	shared   Shared
	accounts *accounts
	log      *slog.Logger

	mu    sync.Mutex
	retry time.Time // zero: the shared ledger answers

	telling sync.Mutex
}

var _ Ledger = (*Fallback)(nil)

// NewFallback wraps a shared ledger. The loss and the return of it are logged once each.
func NewFallback(shared Shared, log *slog.Logger) *Fallback {
	return &Fallback{shared: shared, accounts: newAccounts(), log: log}
}

// WithClock has the process see another time than the machine's. It makes no difference, which tests prove.
func (f *Fallback) WithClock(clock func() time.Time) *Fallback {
	f.accounts.clock = clock
	return f
}

// Degraded tells whether the process is on its own.
func (f *Fallback) Degraded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.retry.IsZero()
}

// Acquire implements [Ledger].
func (f *Fallback) Acquire(ctx context.Context, ask Ask) (grant Grant, err error) {
	err = f.try(ctx, func(ctx context.Context) error {
		grant, err = f.ask(ctx, ask)
		return err
	})
	if err == nil || ctx.Err() != nil {
		return grant, err
	}
	return f.accounts.decide(ask), nil
}

// ask asks the shared ledger, and tells it first what it has to hear.
func (f *Fallback) ask(ctx context.Context, ask Ask) (Grant, error) {
	const tries = 3 // the ledger is lost, or its clock jumps, in the middle
	for range tries {
		if err := f.settle(ctx, ask.Connection, ask.Scope); err != nil {
			return Grant{}, err
		}
		ask.Life = f.accounts.life(ask.Connection)
		grant, err := f.shared.Acquire(ctx, ask)
		if err != nil {
			return Grant{}, err
		}
		if grant.Life != "" && f.accounts.living(ask.Connection, grant.Life) {
			f.log.WarnContext(ctx, "rate limit ledger has lost its memory: it hears what was spent", "connection", ask.Connection)
			continue
		}
		if grant.State == nil || f.accounts.take(ask, grant) {
			return grant, nil
		}
		f.log.WarnContext(ctx, "the clock of the rate limit ledger jumped ahead: it hears again what was spent", "connection", ask.Connection)
	}
	return Grant{Wait: SlotRetry, Blocked: Recovering}, nil
}

// settle tells the ledger the account of a scope if it is owed to it: once, whoever asks.
func (f *Fallback) settle(ctx context.Context, connection m365.ConnectionID, scope string) error {
	if _, owed := f.accounts.owed(connection, scope); !owed {
		return nil
	}
	f.telling.Lock()
	defer f.telling.Unlock()
	told, owed := f.accounts.owed(connection, scope)
	if !owed {
		return nil
	}
	life, now, err := f.shared.Restore(ctx, told)
	if err != nil {
		return err
	}
	f.accounts.with(connection, scope, func(a *account) { a.settled(told, now) })
	f.accounts.living(connection, life)
	return nil
}

// Keep tells the ledger, if it is back or has forgotten, also of scopes that nobody asks about at the moment. Whoever
// holds budgets calls it every second or so.
func (f *Fallback) Keep(ctx context.Context, connection m365.ConnectionID) {
	if !f.accounts.keeps(connection) {
		return
	}
	_ = f.try(ctx, func(ctx context.Context) error { // that it is away is noted
		life, err := f.shared.Life(ctx, connection)
		if err == nil {
			f.accounts.living(connection, life)
		}
		return err
	})
	for _, scope := range f.accounts.owing(connection) {
		err := f.try(ctx, func(ctx context.Context) error { return f.settle(ctx, connection, scope) })
		if err != nil {
			return
		}
	}
}

// Return implements [Ledger]. Units that were granted by a ledger that is away now are lost until their window has passed.
func (f *Fallback) Return(ctx context.Context, back Return) error {
	if back.Slots {
		f.accounts.with(back.Connection, back.Scope, func(a *account) { a.giveUpSlots(back.Holder) })
	}
	_ = f.try(ctx, func(ctx context.Context) error { return f.shared.Return(ctx, back) })
	return ctx.Err()
}

// CoolDown implements [Ledger].
func (f *Fallback) CoolDown(ctx context.Context, connection m365.ConnectionID, scope string, wait time.Duration) error {
	f.accounts.with(connection, scope, func(a *account) { a.coolDown(wait) })
	err := f.try(ctx, func(ctx context.Context) error { return f.shared.CoolDown(ctx, connection, scope, wait) })
	if err != nil {
		f.accounts.with(connection, scope, func(a *account) { a.owed = true })
	}
	return ctx.Err()
}

// Report implements [Ledger]. What this process spends on its own is reported while it is so.
func (f *Fallback) Report(ctx context.Context, connection m365.ConnectionID) (usage []Usage, err error) {
	err = f.try(ctx, func(ctx context.Context) error {
		usage, err = f.shared.Report(ctx, connection)
		return err
	})
	if err == nil || ctx.Err() != nil {
		return usage, err
	}
	return f.accounts.report(connection), nil
}

func (f *Fallback) try(ctx context.Context, call func(context.Context) error) error {
	if !f.due() {
		return errAway
	}
	bounded, cancel := context.WithTimeout(ctx, ledgerTimeout)
	defer cancel()
	err := call(bounded)
	if ctx.Err() == nil {
		f.note(ctx, err)
	}
	return err
}

func (f *Fallback) due() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.retry.IsZero() {
		return true
	}
	if time.Now().Before(f.retry) {
		return false
	}
	f.retry = time.Now().Add(retryLedger) // one call tries, the others stay local
	return true
}

func (f *Fallback) note(ctx context.Context, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch away := !f.retry.IsZero(); {
	case err != nil:
		f.retry = time.Now().Add(retryLedger)
		if !away {
			f.log.WarnContext(ctx, "rate limit ledger is away: this process keeps to its part of every limit", "error", err)
		}
	case away:
		f.retry = time.Time{}
		f.log.InfoContext(ctx, "rate limit ledger is back")
	}
}
