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
	retryLedger   = 5 * time.Second
)

var errAway = errors.New("the ledger is away")

// Fallback is a shared ledger that may be away. As long as it is, the process keeps to half of
// every limit by itself: work goes on, slower, and several processes that do the same are
// unlikely to go beyond the whole. Cool-downs are kept locally too, so they outlast the loss.
type Fallback struct {
	shared Ledger
	local  *Memory
	log    *slog.Logger

	mu    sync.Mutex
	retry time.Time // zero: the shared ledger answers
}

var _ Ledger = (*Fallback)(nil)

// NewFallback wraps a shared ledger. The loss and the return of it are logged once each.
func NewFallback(shared Ledger, log *slog.Logger) *Fallback {
	return &Fallback{shared: shared, local: NewMemory(), log: log}
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
		grant, err = f.shared.Acquire(ctx, ask)
		return err
	})
	if err == nil || ctx.Err() != nil {
		return grant, err
	}
	return f.local.Acquire(ctx, halved(ask))
}

// Return implements [Ledger].
func (f *Fallback) Return(ctx context.Context, back Return) error {
	err := f.try(ctx, func(ctx context.Context) error { return f.shared.Return(ctx, back) })
	if err == nil || ctx.Err() != nil {
		return err
	}
	return f.local.Return(ctx, back)
}

// CoolDown implements [Ledger].
func (f *Fallback) CoolDown(ctx context.Context, connection m365.ConnectionID, scope string, wait time.Duration) error {
	_ = f.local.CoolDown(ctx, connection, scope, wait) // memory does not fail
	_ = f.try(ctx, func(ctx context.Context) error { return f.shared.CoolDown(ctx, connection, scope, wait) })
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
	return f.local.Report(ctx, connection)
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
			f.log.WarnContext(ctx, "rate limit ledger is away: this process keeps to half of every limit", "error", err)
		}
	case away:
		f.retry = time.Time{}
		f.log.InfoContext(ctx, "rate limit ledger is back")
	}
}

func halved(ask Ask) Ask {
	charges := make([]Charge, len(ask.Charges))
	for i, c := range ask.Charges {
		c.Limit = c.Limit.scaled(50, c.Units)
		c.Lease = 0
		charges[i] = c
	}
	ask.Charges = charges
	if ask.Slots.Max > 0 {
		ask.Slots.Max = max(ask.Slots.Max/2, 1)
		ask.Slots.Want = min(ask.Slots.Want, ask.Slots.Max)
		ask.Slots.Need = min(ask.Slots.Need, ask.Slots.Max)
	}
	return ask
}
