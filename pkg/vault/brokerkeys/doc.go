// Package brokerkeys is vault.Keys over auth-broker's KeyService: a worker has no keys of its own
// and no access to where they are kept. auth-broker unwraps a key for a service that may have it,
// and keeps an audit record of that.
//
//	keys := brokerkeys.New(broker, connection)   // broker: the mTLS connection to auth-broker
//	v, err := vault.Open(ctx, vault.Config{ID: string(connection), Backend: b, Keys: keys})
//
// Nothing is kept here; a Vault keeps the keys of the units that it works on. Errors are those of
// the call: NotFound (no such version), Permission, Transient (auth-broker is away).
package brokerkeys
