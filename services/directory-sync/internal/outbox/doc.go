// Package outbox keeps what directory-sync knows in the state: users and mappings, which other
// services read, and what only it needs itself.
//
//	user     <c> <object id>              public   tenantkeep.directory.v1.User
//	mapping  <c> <mapping id>             public   tenantkeep.directory.v1.Mapping
//	cursor   <c> directory                internal delta links, as JSON
//	cursor   <c> mirror-<parts>-<part>    internal Entra as far as read: gzip of JSON
//	cursor   <c> lease                    internal who syncs, as JSON
//
// The mirror is cut into parts by a hash of the object id, about a thousand to a part, so that the cost
// of saving follows the change. Parts are written before the cursor: a crash in between leaves parts
// that are newer than the links, and changes that are read again change nothing. A mirror that has
// outgrown its parts is laid out anew under other names before the cursor points to it.
//
// Every write of a sync is one batch with the lease, whose revision it expects: whoever lost the lease
// is refused by the state itself, whatever his clock says.
package outbox
