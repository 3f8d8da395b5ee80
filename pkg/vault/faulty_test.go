package vault_test

import (
	"context"
	"iter"
	"sync"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault"
)

// faulty lets a script decide what happens to each write.
type faulty struct {
	vault.Backend

	mu     sync.Mutex
	writes int
	dead   bool
	script func(write int, name string) fate
}

// fate is what happens to a write.
type fate uint8

const (
	succeeds  fate = iota
	refused        // not done, and the caller hears of trouble
	lostReply      // done, and the caller hears of trouble
	dies           // not done, and nothing after it: the process is gone
	diesAfter      // done, and nothing after it
	full           // not done: no room
)

func (f *faulty) Create(ctx context.Context, name string, data []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return gone()
	}
	f.writes++
	switch f.script(f.writes, name) {
	case refused:
		return fault.New(fault.Transient, "create object", "connection reset")
	case lostReply:
		f.Backend.Create(ctx, name, data)
		return fault.New(fault.Transient, "create object", "connection reset")
	case dies:
		f.dead = true
		return gone()
	case diesAfter:
		f.dead = true
		f.Backend.Create(ctx, name, data)
		return gone()
	case full:
		return fault.New(fault.Exhausted, "create object", "no space left on device", fault.Reason(vault.Full), fault.Next("free space"))
	default:
		return f.Backend.Create(ctx, name, data)
	}
}

func (f *faulty) Read(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	if f.isDead() {
		return nil, gone()
	}
	return f.Backend.Read(ctx, name, offset, length)
}

func (f *faulty) List(ctx context.Context, prefix, after string, limit int) iter.Seq2[vault.Object, error] {
	if f.isDead() {
		return func(yield func(vault.Object, error) bool) { yield(vault.Object{}, gone()) }
	}
	return f.Backend.List(ctx, prefix, after, limit)
}

func (f *faulty) isDead() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dead
}

func gone() error { return fault.New(fault.Internal, "use store", "the process was killed") }
