package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	"github.com/tenantkeep/tenantkeep/pkg/fault"
	"github.com/tenantkeep/tenantkeep/pkg/m365"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

func (a *app) connection() *cobra.Command {
	return group("connection", "Connect Entra tenants and test the connections",
		a.connectionAdd(), a.connectionList(), a.connectionTest(), a.connectionModify(), a.connectionRemove())
}

func (a *app) connectionAdd() *cobra.Command {
	var credential credentialFlags
	var dry bool
	request := &authv1.CreateConnectionRequest{Connection: &authv1.Connection{}}
	c := request.Connection
	command := &cobra.Command{
		Use: "add", Short: "Connect a tenant and test the connection", Args: cobra.NoArgs,
		Example: "  tenantkeep connection add --tenant 8a1c7b3e-… --app 0f44c2d1-… --certificate app.pem\n" +
			"  tenantkeep connection add --cloud sim --simulator 127.0.0.1:8080",
		RunE: func(command *cobra.Command, _ []string) error {
			if (c.Cloud == "sim") != (c.Simulator != "") {
				return wrong("--cloud sim and --simulator belong together", "give both, or neither")
			}
			if _, err := m365.CloudNamed(c.Cloud); err != nil && c.Cloud != "sim" {
				return wrong(fmt.Sprintf("--cloud %q", c.Cloud), "use global, gcc, gcch, dod, china or sim")
			}
			var err error
			if request.Credential, err = credential.read(a.in); err != nil {
				return err
			}
			if c.Cloud == "sim" {
				if err := completeSimulated(command.Context(), request); err != nil {
					return err
				}
			}
			if request.Credential == nil {
				return wrong("nothing to sign in with", "give --secret-file or --certificate")
			}
			request.ValidateOnly = dry
			return a.addConnection(command.Context(), request)
		},
	}
	flags := command.Flags()
	flags.StringVar(&c.DisplayName, "name", "", "what people call it (default: the organisation's name)")
	flags.StringVar(&c.Cloud, "cloud", "global", "global, gcc, gcch, dod, china or sim")
	flags.StringVar(&c.Simulator, "simulator", "", "address of m365sim, for --cloud sim")
	flags.StringVar(&c.TenantId, "tenant", "", "GUID of the tenant")
	flags.StringVar(&c.ApplicationId, "app", "", "GUID of the application")
	flags.StringVar(&request.RequestId, "request-id", "", "makes retries safe: the same id connects once")
	flags.BoolVar(&dry, "test-only", false, "test, and save nothing")
	credential.add(command)
	return command
}

func (a *app) addConnection(ctx context.Context, request *authv1.CreateConnectionRequest) error {
	service, err := a.connections()
	if err != nil {
		return err
	}
	reply, err := service.CreateConnection(ctx, request)
	if err != nil {
		return err
	}
	err = a.tested(&authv1.TestConnectionResponse{Connection: reply.GetConnection(), Checks: reply.GetChecks()})
	if c := reply.GetConnection(); err != nil && c.GetState() == authv1.ConnectionState_CONNECTION_STATE_DEGRADED && !request.GetValidateOnly() {
		return added(c, err)
	}
	return err
}

// added says of a connection that failed its test that it is there all the same, and what can be done.
func added(c *authv1.Connection, err error) error {
	next := fmt.Sprintf("tenantkeep connection modify %[1]s with what is wrong (--app, --secret-file, --certificate), or tenantkeep connection remove %[1]s", c.GetName())
	if first := fault.NextOf(err); first != "" {
		next = first + "; then tenantkeep connection test " + c.GetName() + ". Or " + next
	}
	return fault.New(fault.KindOf(err), "add connection", err.Error()+"; the connection was added all the same, and is degraded: nothing is backed up through it",
		fault.Reason("CONNECTION_DEGRADED"), fault.Next(next))
}

func (a *app) connectionList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the connections", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.connections()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &authv1.ListConnectionsRequest{}, service.ListConnections)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) {
				var rows [][]string
				for _, c := range all.GetConnections() {
					rows = append(rows, []string{show.Last(c.GetName()), c.GetDisplayName(), c.GetCloud(), c.GetTenantId(),
						show.Word(c.GetState(), "CONNECTION_STATE_"), show.Time(c.GetVerifyTime())})
				}
				show.Table(out, "ID NAME CLOUD TENANT STATE TESTED", rows)
			})
		},
	}
}

func (a *app) connectionTest() *cobra.Command {
	return &cobra.Command{
		Use: "test CONNECTION", Short: "Try everything that the product needs", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			name, err := a.theConnection(command.Context(), arguments[0])
			if err != nil {
				return err
			}
			service, err := a.connections()
			if err != nil {
				return err
			}
			reply, err := service.TestConnection(command.Context(), &authv1.TestConnectionRequest{Name: name})
			if err != nil {
				return err
			}
			return a.tested(reply)
		},
	}
}

var connectionPaths = map[string]string{"name": "display_name", "app": "application_id"}

func (a *app) connectionModify() *cobra.Command {
	var credential credentialFlags
	c := &authv1.Connection{}
	command := &cobra.Command{
		Use: "modify CONNECTION", Short: "Change name, application or credential", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			var err error
			if c.Name, err = a.theConnection(command.Context(), arguments[0]); err != nil {
				return err
			}
			request := &authv1.UpdateConnectionRequest{Connection: c, UpdateMask: &fieldmaskpb.FieldMask{}}
			if request.Credential, err = credential.read(a.in); err != nil {
				return err
			}
			if request.UpdateMask.Paths, err = edits(command, connectionPaths, request.Credential != nil); err != nil {
				return err
			}
			service, err := a.connections()
			if err != nil {
				return err
			}
			reply, err := service.UpdateConnection(command.Context(), request)
			if err != nil {
				return err
			}
			return a.tested(&authv1.TestConnectionResponse{Connection: reply.GetConnection(), Checks: reply.GetChecks()})
		},
	}
	command.Flags().StringVar(&c.DisplayName, "name", "", "what people call it")
	command.Flags().StringVar(&c.ApplicationId, "app", "", "GUID of the application")
	credential.add(command)
	return command
}

func (a *app) connectionRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove CONNECTION", Short: "Forget a connection and its credential; backups stay", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			name, err := a.theConnection(command.Context(), arguments[0])
			if err != nil {
				return err
			}
			service, err := a.connections()
			if err != nil {
				return err
			}
			reply, err := service.DeleteConnection(command.Context(), &authv1.DeleteConnectionRequest{Name: name})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { fmt.Fprintln(out, "removed "+name) })
		},
	}
}
