package cli

import (
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

// credentialFlags are how a command is told what to sign in with. A secret is never an argument:
// those can be seen by everybody on the machine.
type credentialFlags struct{ secretFile, certificate string }

func (f *credentialFlags) add(command *cobra.Command) {
	command.Flags().StringVar(&f.secretFile, "secret-file", "", "file with the application's secret; - for standard input [TENANTKEEP_SECRET holds the secret itself]")
	command.Flags().StringVar(&f.certificate, "certificate", "", "PEM file with the application's certificate and private key")
	command.MarkFlagsMutuallyExclusive("secret-file", "certificate")
}

var checkPath = fault.Next("check the path, and that you may read the file")

// read returns nil if nothing was given.
func (f *credentialFlags) read(in io.Reader) (*authv1.Credential, error) {
	switch {
	case f.certificate != "":
		pem, err := os.ReadFile(f.certificate)
		return &authv1.Credential{Kind: &authv1.Credential_Certificate{Certificate: &authv1.Certificate{Pem: pem}}},
			fault.As(fault.Invalid, "read certificate", err, checkPath)
	case f.secretFile == "-":
		text, err := io.ReadAll(in)
		return secret(string(text)), fault.As(fault.Invalid, "read secret", err)
	case f.secretFile != "":
		text, err := os.ReadFile(f.secretFile)
		return secret(string(text)), fault.As(fault.Invalid, "read secret", err, checkPath)
	case os.Getenv("TENANTKEEP_SECRET") != "":
		return secret(os.Getenv("TENANTKEEP_SECRET")), nil
	default:
		return nil, nil
	}
}

func secret(text string) *authv1.Credential {
	return &authv1.Credential{Kind: &authv1.Credential_Secret{Secret: strings.TrimSpace(text)}}
}
