package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/pkg/identity"
	"github.com/tenantkeep/tenantkeep/pkg/identity/pki"
)

func (a *app) pki() *cobra.Command {
	var hosts []string
	initialise := &cobra.Command{
		Use: "init DIR", Short: "Make the certificates and the administrator's token of a fleet", Args: cobra.ExactArgs(1),
		Long: `Make an authority, one certificate for each service, and the administrator's token, as far
as they are missing. Every service needs ca.pem and its own two files; keep ca.key offline.`,
		RunE: func(_ *cobra.Command, arguments []string) error {
			dir := arguments[0]
			if err := pki.Ensure(dir, hosts...); err != nil {
				return err
			}
			if _, err := identity.AdminToken(filepath.Join(dir, "admin.token")); err != nil {
				return err
			}
			_, err := fmt.Fprintln(a.out, "certificates and token are in "+dir)
			return err
		},
	}
	initialise.Flags().StringSliceVar(&hosts, "host", nil, "names and addresses, besides localhost and the services' own names, that servers are reached under")
	return group("pki", "Make certificates for a fleet", initialise)
}
