package vault

// Reasons of faults that programs branch on.
const (
	Fenced      = "VAULT_FENCED"        // Conflict: another writer committed first; begin again
	Damaged     = "VAULT_DAMAGED"       // Internal: stored bytes are not what was written
	Full        = "VAULT_FULL"          // Exhausted: no room in the store
	UnsafeStore = "VAULT_UNSAFE_STORE"  // Precondition: the store does not refuse a name that exists
	OtherVault  = "VAULT_OTHER"         // Precondition: the store belongs to another vault
	KeyWorn     = "VAULT_KEY_WORN"      // Precondition: the key sealed 2^31 times; rotate it
	Ended       = "VAULT_SESSION_ENDED" // Precondition: the session was committed, closed or fenced
)
