// Package restoreworker is restore-worker: it looks into snapshots, gives their content back, and
// hands it out in files.
//
//	gRPC   BrowseService, RestoreService, ExportService        internal/api
//	state  writes kind restore; follows kind resource          internal/outbox, internal/inbox
//	queue  class restore, one at a time per target             internal/inbox
//	domain internal/snapshot (what is there), internal/restore (what becomes of each item),
//	       internal/export (the formats)
//	to     vaults: internal/archive; Graph: internal/targets, internal/mailtarget, internal/drivetarget
//
// Roles: api answers calls and admits restores to the queue; work runs them. One process may be both.
package restoreworker
