// Package archive reads snapshots out of the vaults: it implements snapshot.Reader over package
// vault, after the conventions of package content.
//
//	Store     the vaults of all connections, opened when they are first asked for
//	Contents  one snapshot of one mailbox or drive
//
// Nothing is asked of Microsoft here, and nothing is written. Errors are those of package vault:
// NotFound (no such snapshot or item), Internal with reason VAULT_DAMAGED (stored bytes are not what
// was written), Transient (the store or auth-broker cannot be reached).
package archive
