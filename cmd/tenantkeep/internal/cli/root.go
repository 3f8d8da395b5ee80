// Package cli is the command line: it reads arguments, calls the API and prints the answer. What
// it knows of the product is in the API; nothing is decided here.
//
// Exit status: 0 done, 1 failed, 2 usage, 3 partial (some items failed; the answer says which).
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/client"
	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/host"
)

// Exit statuses.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3
)

// errPartial ends a command whose answer is printed already and says what failed.
var errPartial = errors.New("some items failed")

// app is what the commands of one run share.
type app struct {
	in          io.Reader
	out, err    io.Writer
	server      string
	contextFile string
	json        bool
	started     bool // arguments were understood: what fails from now on is no usage error
	client      *client.Client
}

// Run runs one command line and returns its exit status.
func Run(ctx context.Context, arguments []string, in io.Reader, out, errors io.Writer) int {
	a := &app{in: in, out: out, err: errors}
	root := a.root()
	root.SetArgs(arguments)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errors)
	command, err := root.ExecuteContextC(ctx)
	if err != nil && !a.started {
		err = misused(command, err)
	}
	if a.client != nil {
		a.client.Close()
	}
	return a.status(err)
}

func (a *app) status(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errPartial):
		return exitPartial
	}
	fmt.Fprintln(a.err, "tenantkeep: "+fault.Sentence(unreached(err)))
	if isUsage(err) {
		return exitUsage
	}
	return exitFailed
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tenantkeep",
		Short: "Keep a Microsoft 365 tenant: connect it, back it up, give any of it back",
		Long: `Tenantkeep connects a Microsoft 365 tenant, imports its users, backs up their mail and
files, and gives any of it back.

Start with "tenantkeep demo" to see it work on a simulated tenant, or with
"tenantkeep up" and "tenantkeep connection add" on your own.

Exit status: 0 done, 1 failed, 2 usage, 3 partial.`,
		Version:       version(),
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			if err := command.ValidateFlagGroups(); err != nil {
				return err
			}
			a.started = true
			return nil
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&a.server, "server", os.Getenv("TENANTKEEP_SERVER"), "host:port of the all-in-one; wins over the context file's [TENANTKEEP_SERVER]")
	flags.StringVar(&a.contextFile, "context", os.Getenv("TENANTKEEP_CONTEXT"), "file that says where the servers are [TENANTKEEP_CONTEXT]")
	flags.BoolVar(&a.json, "json", false, "print the API's messages as JSON")
	root.AddCommand(
		a.connection(), a.profile(), a.mapping(), a.user(), a.resource(), a.backup(), a.job(),
		a.snapshot(), a.search(), a.restore(), a.export(), a.verify(), a.event(), a.audit(), a.budget(),
		a.channel(), a.rule(), a.delivery(), a.up(), a.fleet(), a.demo(), a.pki(),
	)
	return root
}

// connect prepares calls to the servers that flags, environment and context file name.
func (a *app) connect() (*client.Client, error) {
	if a.client != nil {
		return a.client, nil
	}
	path := a.contextFile
	if path == "" {
		path = filepath.Join(host.DataHome(os.Getenv), contextName)
	}
	c, err := client.Read(path)
	if err != nil {
		return nil, err
	}
	if a.server != "" {
		c.Server, c.Services = a.server, nil
	}
	a.client, err = client.New(c)
	return a.client, err
}

// version is that of the module, or of the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return info.Main.Version
}

// contextName is the file that `up` leaves in its data directory.
const contextName = "context.json"

func (a *app) printer() show.Printer { return show.Printer{Out: a.out, JSON: a.json} }

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	parent := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	parent.AddCommand(commands...)
	return parent
}
