package cli

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/demo"
)

func (a *app) demo() *cobra.Command {
	config := demo.Config{Out: a.out}
	command := &cobra.Command{
		Use: "demo", Short: "Do the whole job on a simulated tenant, with proof", Args: cobra.NoArgs,
		Long: `Start all services and a simulated tenant in this process; connect it, back it up, change
it, lose it, restore it, and compare the tenant's checksums from before and after.`,
		RunE: func(command *cobra.Command, _ []string) error {
			switch config.Sabotage {
			case "", "byte", "flag", "drop":
			default:
				return wrong("--sabotage "+config.Sabotage, "use byte, flag or drop")
			}
			config.Command = func(ctx context.Context, file string, arguments ...string) int {
				return Run(ctx, append([]string{"--context", file, "--server", ""}, arguments...), os.Stdin, a.out, a.err)
			}
			return demo.Run(command.Context(), config)
		},
	}
	flags := command.Flags()
	flags.IntVar(&config.Users, "users", 4, "users of the tenant")
	flags.IntVar(&config.Mails, "mails", 250, "mails of each")
	flags.IntVar(&config.Files, "files", 40, "files of each")
	flags.Uint64Var(&config.Seed, "seed", 7, "what the tenant's content is made from")
	flags.StringVar(&config.Dir, "data-dir", "", "where to keep everything (default: a temporary directory)")
	flags.StringVar(&config.Sabotage, "sabotage", "", "damage one item of what the restore writes (byte, flag or drop): the demo has to notice")
	return command
}
