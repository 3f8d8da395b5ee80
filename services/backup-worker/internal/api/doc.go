// Package api is the gRPC side of backup-worker: ProfileService, ResourceService, BackupService,
// JobService and VaultService. Each method reads names, asks the outbox or a view, and answers;
// nothing is decided here but whether a request makes sense.
//
// Lists come from projections. What this process wrote itself it also reads back: a command waits
// until the view shows what it has written.
package api
