// Command notifier runs the service of that name; see --help.
package main

import (
	"os"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/services/notifier"
)

func main() { os.Exit(host.Main(identity.Notifier, notifier.New)) }
