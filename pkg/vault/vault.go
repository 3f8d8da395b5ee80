package vault

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"time"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/cache"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/object"
	"github.com/tenantkeep/tenantkeep/pkg/vault/internal/segment"
)

// Config is what a vault is opened with.
type Config struct {
	ID      string  // of the vault; a store belongs to one vault for ever
	Backend Backend // where its objects are
	Keys    Keys    // of its units

	CacheBytes int64            // decoded catalog blocks kept in memory; 0 means 32 MiB
	Now        func() time.Time // nil means time.Now
	Log        *slog.Logger     // nil means slog.Default()
}

// Vault is an open vault. It is safe for concurrent use and holds no connection or goroutine, so
// there is nothing to close.
type Vault struct {
	id      string
	backend Backend
	keys    Keys
	cache   *segment.Cache // of the catalog
	blocks  *segment.Cache // of content; apart, since one restore would drive out the catalog
	now     func() time.Time
	log     *slog.Logger
}

// Open opens a vault, and makes it if the store has none. It proves that the store refuses to
// create a name that exists: without that, two writers could both believe to have committed.
func Open(ctx context.Context, config Config) (*Vault, error) {
	v := &Vault{id: config.ID, backend: config.Backend, keys: config.Keys, now: config.Now, log: config.Log}
	if v.now == nil {
		v.now = time.Now
	}
	if v.log == nil {
		v.log = slog.Default()
	}
	if config.CacheBytes == 0 {
		config.CacheBytes = 32 << 20
	}
	v.cache = cache.New[segment.CacheKey, any](config.CacheBytes)
	v.blocks = cache.New[segment.CacheKey, any](contentCache)
	if config.ID == "" || strings.ContainsAny(config.ID, "\n\r") {
		return nil, fault.New(fault.Invalid, "open vault", fmt.Sprintf("vault id %q", config.ID))
	}
	return v, fault.Wrap("open vault", v.claim(ctx))
}

// contentCache holds the blocks of a few items that are read in the order they were written.
const contentCache = 4 << 20

const recordName = "vault"

// claim writes the vault's record, and once more to see it refused.
func (v *Vault) claim(ctx context.Context) error {
	record := fmt.Appendf(nil, "tenantkeep vault %d\n%s\n", object.Format, v.id)
	if err := v.backend.Create(ctx, recordName, record); err != nil && !fault.Is(err, fault.Exists) {
		return err
	}
	there, err := v.backend.Read(ctx, recordName, 0, -1)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, record) {
		return fault.New(fault.Precondition, "read vault record", fmt.Sprintf("the store holds %q", there), fault.Reason(OtherVault),
			fault.Next("use the store of this connection, or an empty one"))
	}
	switch err = v.backend.Create(ctx, recordName, record); {
	case err == nil:
		return fault.New(fault.Precondition, "probe store", "the store accepted a name twice", fault.Reason(UnsafeStore),
			fault.Next("use a store that supports conditional creation"))
	case fault.Is(err, fault.Exists):
		return nil
	default:
		return err
	}
}

// Units yields the units that have objects in the store, in the order of their ids.
func (v *Vault) Units(ctx context.Context) iter.Seq2[UnitID, error] {
	return func(yield func(UnitID, error) bool) {
		after := ""
		for {
			unit, err := v.nextUnit(ctx, after)
			if err != nil {
				yield("", fault.Wrap("list units", err))
				return
			}
			if unit == "" || !yield(unit, nil) {
				return
			}
			after = object.UnitsPrefix + string(unit) + "0" // the character after '/'
		}
	}
}

func (v *Vault) nextUnit(ctx context.Context, after string) (UnitID, error) {
	for o, err := range v.backend.List(ctx, object.UnitsPrefix, after, 1) {
		if err != nil {
			return "", err
		}
		unit, _, _ := strings.Cut(strings.TrimPrefix(o.Name, object.UnitsPrefix), "/")
		return UnitID(unit), nil
	}
	return "", nil
}

// CheckUnit returns fault.Invalid for what cannot be the id of a unit.
func CheckUnit(unit UnitID) error {
	bad := func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_", c) }
	if unit == "" || len(unit) > 64 || strings.ContainsFunc(string(unit), bad) {
		return fault.New(fault.Invalid, "name unit", fmt.Sprintf("unit id %q", unit))
	}
	return nil
}

func damaged(op string, err error) error {
	return fault.As(fault.Internal, op, err, fault.Reason(Damaged),
		fault.Next("verify the snapshot to see what is affected; the next backup stores the item again once its source is read anew"))
}
