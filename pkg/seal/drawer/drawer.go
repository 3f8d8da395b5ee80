package drawer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/seal"
)

// Drawer is one section of a bucket. It may be used by many goroutines.
type Drawer struct {
	bucket  jetstream.KeyValue
	section string
	box     *seal.Box
}

// Kept is a value that is there.
type Kept struct {
	Owner string
	Ref   string
	Since time.Time
}

// Open opens a section of a bucket that bus.Bootstrap has made.
func Open(ctx context.Context, js jetstream.JetStream, bucket, section string, ring *seal.Ring) (*Drawer, error) {
	kv, err := js.KeyValue(ctx, bucket)
	if err != nil {
		return nil, fault.As(fault.Precondition, "open bucket "+bucket, err,
			fault.Next("check that the nats-server runs and that this service may use the bucket"))
	}
	return &Drawer{bucket: kv, section: section, box: ring.For(section)}, nil
}

// Put seals a value of an owner, whose name may have no dots, and returns its reference.
func (d *Drawer) Put(ctx context.Context, owner string, value []byte) (string, error) {
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	ref := hex.EncodeToString(random[:])
	_, err := d.bucket.Create(ctx, d.key(owner, ref), d.box.Seal(value, []byte(d.key(owner, ref))))
	return ref, away("keep secret", err)
}

// Get opens a value.
func (d *Drawer) Get(ctx context.Context, owner, ref string) ([]byte, error) {
	entry, err := d.bucket.Get(ctx, d.key(owner, ref))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fault.As(fault.Precondition, "read secret", err, fault.Reason("SECRET_LOST"), fault.Next("set the secret again"))
	}
	if err != nil {
		return nil, away("read secret", err)
	}
	value, err := d.box.Open(entry.Value(), []byte(entry.Key()))
	if err != nil {
		return nil, fault.As(fault.Precondition, "read secret", err)
	}
	return value, nil
}

// Forget removes a value; one that is not there is no error.
func (d *Drawer) Forget(ctx context.Context, owner, ref string) error {
	return away("forget secret", d.bucket.Purge(ctx, d.key(owner, ref)))
}

// Kept lists what is there.
func (d *Drawer) Kept(ctx context.Context) ([]Kept, error) {
	keys, err := d.bucket.ListKeysFiltered(ctx, d.section+".>")
	if err != nil {
		return nil, away("list secrets", err)
	}
	defer func() { _ = keys.Stop() }()
	var kept []Kept
	for key := range keys.Keys() {
		entry, err := d.bucket.Get(ctx, key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			continue // forgotten meanwhile
		}
		if err != nil {
			return nil, away("list secrets", err)
		}
		owner, ref, _ := strings.Cut(strings.TrimPrefix(key, d.section+"."), ".")
		kept = append(kept, Kept{Owner: owner, Ref: ref, Since: entry.Created()})
	}
	return kept, nil
}

func (d *Drawer) key(owner, ref string) string { return d.section + "." + owner + "." + ref }

func away(op string, err error) error {
	return fault.As(fault.Transient, op, err, fault.Next("check that the nats-server runs and try again"))
}
