// Command directory-sync runs the service of that name as a process of its own.
package main

import (
	"os"

	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/identity"
	directorysync "github.com/tenantkeep/tenantkeep/services/directory-sync"
)

func main() { os.Exit(host.Main(identity.DirectorySync, directorysync.New)) }
