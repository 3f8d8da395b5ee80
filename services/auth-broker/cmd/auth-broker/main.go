// Command auth-broker runs the service of that name; see --help.
package main

import (
	"os"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	authbroker "github.com/tenantkeep/tenantkeep/services/auth-broker"
)

func main() { os.Exit(host.Main(identity.AuthBroker, authbroker.New)) }
