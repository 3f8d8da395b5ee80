// Command backup-worker protects mailboxes and drives: policies, schedules, backups, verification.
package main

import (
	"os"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	backupworker "github.com/tenantkeep/tenantkeep/services/backup-worker"
)

func main() { os.Exit(host.Main(identity.BackupWorker, backupworker.New)) }
