package identity

import (
	"context"
	"time"
)

// Record is one command: who did what, on what, from where, and how it ended. It never holds
// content, credentials or tokens.
type Record struct {
	Time    time.Time
	Actor   string // as Caller.String has it
	Method  string // tenantkeep.backup.v1.BackupService/StartBackup
	Target  string // the resource name that the command was about, or ""
	Peer    string // the address that the call came from
	Outcome string // the gRPC code by name
	TraceID string
}

// Trail keeps audit records. Append returns once the record is durable: a command whose record
// cannot be kept is refused.
type Trail interface {
	Append(ctx context.Context, record Record) error
}
