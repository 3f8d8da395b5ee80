package vault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/frame"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
)

// unit is the bytes and keys of one unit, for as long as one session or view needs them.
type unit struct {
	vault *Vault
	id    UnitID

	mu   sync.Mutex
	keys map[uint32]*frame.Key
}

func (v *Vault) unit(id UnitID) (*unit, error) {
	if err := CheckUnit(id); err != nil {
		return nil, err
	}
	return &unit{vault: v, id: id, keys: map[uint32]*frame.Key{}}, nil
}

// newest returns the key that new objects are sealed with.
func (u *unit) newest(ctx context.Context) (*frame.Key, error) {
	k, err := u.vault.keys.Create(ctx, u.id)
	if err != nil {
		return nil, fault.Wrap("get key", err)
	}
	return u.keep(k)
}

// Key returns the key of one version.
func (u *unit) Key(ctx context.Context, version uint32) (*frame.Key, error) {
	u.mu.Lock()
	k, ok := u.keys[version]
	u.mu.Unlock()
	if ok {
		return k, nil
	}
	got, err := u.vault.keys.Open(ctx, u.id, version)
	if err != nil {
		return nil, fault.Wrap("get key", err)
	}
	return u.keep(got)
}

func (u *unit) keep(k Key) (*frame.Key, error) {
	made, err := frame.NewKey(u.vault.id, string(u.id), k.Version, k.Secret)
	if err != nil {
		return nil, fault.As(fault.Internal, "get key", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if there, ok := u.keys[k.Version]; ok {
		return there, nil
	}
	u.keys[k.Version] = made
	return made, nil
}

// ReadCarried reads from a pack or segment, offset counted from its own first byte.
func (u *unit) ReadCarried(ctx context.Context, letter byte, c object.Carrier, offset, length uint64) ([]byte, error) {
	if offset+length < offset || offset+length > c.Length {
		return nil, damaged("read object", fmt.Errorf("bytes %d to %d of an object of %d", offset, offset+length, c.Length))
	}
	name := c.Name(string(u.id), letter)
	b, err := u.vault.backend.Read(ctx, name, int64(c.Offset+offset), int64(length))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		return nil, damaged("read "+name, err)
	}
	return b, fault.Wrap("read "+name, err)
}

// Tries of a write that failed for a moment, and the wait before the second; it doubles.
const (
	writeTries = 4
	writeWait  = 100 * time.Millisecond
)

// create makes an object whose name nobody else chooses, so one that is there is ours: the reply
// to an earlier try was lost.
func (u *unit) create(ctx context.Context, name string, data []byte) error {
	err := u.retry(ctx, func() error { return u.vault.backend.Create(ctx, name, data) })
	if fault.Is(err, fault.Exists) {
		return nil
	}
	return fault.Wrap("write "+name, err)
}

func (u *unit) retry(ctx context.Context, do func() error) error {
	wait := writeWait
	for try := 1; ; try++ {
		err := do()
		if err == nil || try == writeTries || !fault.Is(err, fault.Transient) && !fault.Is(err, fault.Throttled) {
			return err
		}
		timer := time.NewTimer(max(wait, fault.RetryAfterOf(err)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		wait *= 2
	}
}
