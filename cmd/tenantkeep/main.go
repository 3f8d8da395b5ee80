// Command tenantkeep is the command line of Tenantkeep: it speaks gRPC to a fleet or to the
// all-in-one, and `tenantkeep up` is the all-in-one.
package main

import (
	"context"
	"os"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/cli"
	"github.com/tenantkeep/tenantkeep/pkg/lifecycle"
)

func main() {
	ctx, stop := lifecycle.Interrupted(context.Background())
	status := cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
