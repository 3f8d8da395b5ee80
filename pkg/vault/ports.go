package vault

import (
	"context"
	"iter"
	"time"
)

// Backend is where objects lie: a directory, a bucket. Names are relative paths of lower-case
// letters, digits, '-', '_' and '/'. Objects are written once and never changed. Package
// backendtest holds every implementation to this contract. Every method may be called from several
// goroutines; errors are of package fault.
type Backend interface {
	// Create makes an object that must not exist. It is durable when the call returns. If the name
	// is taken it returns fault.Exists and changes nothing; of several callers exactly one succeeds.
	// After any other error the object may or may not exist, whole in either case.
	Create(ctx context.Context, name string, data []byte) error

	// Read returns length bytes from offset, or all from offset if length is negative. An object
	// that is not there is fault.NotFound; one that ends before is fault.Invalid.
	Read(ctx context.Context, name string, offset, length int64) ([]byte, error)

	// List yields what begins with prefix and comes after the name after, in byte order of the
	// names, at most limit of them (0 = all). What was created before the call is listed.
	List(ctx context.Context, prefix, after string, limit int) iter.Seq2[Object, error]

	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// Locker is a Backend that can keep an object from being deleted until a time.
type Locker interface {
	Lock(ctx context.Context, name string, until time.Time) error
}

// Object is one listed object.
type Object struct {
	Name string
	Size int64
}

// UnitID names a unit: random, 1 to 64 characters of a-z, 0-9, '-' and '_'. It says nothing about
// the resource.
type UnitID string

// Keys gives the keys of one vault's units. Implementations may ask another process; a session or view keeps
// what it was given in memory for its own lifetime, and no longer.
type Keys interface {
	// Create returns the newest key of the unit, and makes version 1 if it has none.
	Create(ctx context.Context, unit UnitID) (Key, error)

	// Open returns one version; fault.NotFound if there is none.
	Open(ctx context.Context, unit UnitID, version uint32) (Key, error)
}

// Key is one version of a unit's key.
type Key struct {
	Version uint32 // from 1
	Secret  []byte // 64 bytes: 32 that change with the version (sealing), 32 that never do (ids, cutting)
}

// SecretSize is the length of a key's secret.
const SecretSize = 64
