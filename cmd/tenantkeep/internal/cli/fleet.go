package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/fleet"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
)

func (a *app) fleet() *cobra.Command {
	options := fleet.Options{}
	command := &cobra.Command{
		Use: "fleet", Short: "Run the processes of docker-compose.yml on this machine, without containers", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			var err error
			if options.Data, err = filepath.Abs(options.Data); err != nil {
				return fault.As(fault.Invalid, "find data directory", err)
			}
			return a.runFleet(command.Context(), options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.Compose, "compose", "docker-compose.yml", "the file")
	flags.StringVar(&options.Programs, "programs", ".tmp/bin", "directory of the programs")
	flags.StringVar(&options.Data, "data-dir", "data/fleet", "what stands for /data")
	return command
}

// startWithin is how long a fleet may take to accept connections.
const startWithin = 90 * time.Second

func (a *app) runFleet(ctx context.Context, options fleet.Options) error {
	f, err := fleet.Start(ctx, options)
	if err != nil {
		return err
	}
	defer f.Stop()
	start, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := f.Ready(start); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "The fleet runs; logs are in %s.\nIn another terminal: export TENANTKEEP_CONTEXT=%s\nNext: tenantkeep connection add --cloud sim --simulator %s\n",
		filepath.Join(options.Data, "log"), f.ContextFile(), f.Address(7180))
	<-ctx.Done()
	return nil
}
