// Command restore-worker looks into snapshots and gives their content back. See --help.
package main

import (
	"os"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	restoreworker "github.com/tenantkeep/tenantkeep/services/restore-worker"
)

func main() { os.Exit(host.Main(identity.RestoreWorker, restoreworker.New)) }
