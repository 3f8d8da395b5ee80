package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/plant"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
	"github.com/tenantkeep/tenantkeep/pkg/telemetry"
)

func (a *app) up() *cobra.Command {
	config := plant.Config{}
	var collector string
	limits, problem := host.ReadLimits(os.Getenv)
	command := &cobra.Command{
		Use: "up", Short: "Run all services in this process", Args: cobra.NoArgs,
		Long: `Run all services in this process, with an embedded nats-server and everything that is
kept in one directory. The first start makes certificates and an administrator's token
there; the command line on the same machine finds them by itself.`,
		RunE: func(command *cobra.Command, _ []string) error {
			if problem != nil && !command.Flags().Changed("limits") {
				return problem
			}
			if err := host.CheckLimits(config.Limits); err != nil {
				return err
			}
			log, closeLog, err := openLog(config.Dir)
			if err != nil {
				return err
			}
			defer closeLog()
			config.Log = telemetry.NewLog(log, "tenantkeep")
			tell, err := telemetry.Setup(command.Context(), telemetry.Config{Service: "tenantkeep", Collector: collector})
			if err != nil {
				return err
			}
			defer func() { _ = tell.Shutdown(command.Context()) }() // what is still buffered has nowhere to go
			return plant.Run(command.Context(), config, func(c client.Context) { a.isUp(config.Dir, c) })
		},
	}
	flags := command.Flags()
	flags.StringVar(&config.Dir, "data-dir", host.DataHome(os.Getenv), "directory of everything that is kept")
	flags.StringVar(&config.Listen, "listen", "127.0.0.1:7100", "gRPC address")
	flags.StringVar(&config.NATS, "nats-listen", "", "address for subscribers to events, such as 127.0.0.1:4222; empty for none")
	flags.IntVar(&config.Limits, "limits", limits, host.LimitsUsage+" [TENANTKEEP_LIMITS]")
	flags.StringVar(&collector, "otlp", os.Getenv("TENANTKEEP_OTLP"), "host:port of an OTLP/gRPC collector [TENANTKEEP_OTLP]")
	return command
}

func (a *app) isUp(dir string, c client.Context) {
	fmt.Fprintf(a.out, "Tenantkeep serves at %s; its log is %s\n", c.Server, filepath.Join(dir, logName))
	if dir != host.DataHome(os.Getenv) {
		fmt.Fprintf(a.out, "In another terminal: export TENANTKEEP_CONTEXT=%s\n", filepath.Join(dir, contextName))
	}
	fmt.Fprintln(a.out, "Next: tenantkeep connection add --help")
}

const logName = "tenantkeep.log"

// openLog appends to the log file of a data directory.
func openLog(dir string) (io.Writer, func(), error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, fault.As(fault.Precondition, "make data directory", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, logName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fault.As(fault.Precondition, "open log", err)
	}
	return file, func() { _ = file.Close() }, nil // every line was written when it was logged
}
