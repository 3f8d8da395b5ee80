// Package localkeys is a tenant key in a file, and the store of the units' keys that it wraps.
//
// The key file (mode 0600) is made at the first Open. A unit's key version is one object in the
// store, made if absent and never changed; docs/formats.md specifies it. The store is another
// directory, or bucket with another credential, than the vault's: who holds both can read, who
// holds one cannot.
//
// Only auth-broker uses this package in a fleet; workers ask it for keys.
package localkeys
