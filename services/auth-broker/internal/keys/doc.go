// Package keys makes and opens the data keys of vault units. They lie wrapped in auth-broker's own data
// directory, which no worker can read; each connection has a tenant key of its own:
//
//	<data-dir>/keys/<connection>/tenant.key   0600
//	<data-dir>/keys/<connection>/units/       one wrapped key per unit and version
//
// Keys outlive their connection: what was backed up can still be read. New ones are only made for a
// connection that is there.
package keys
