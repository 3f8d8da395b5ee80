package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

func (a *app) user() *cobra.Command {
	return group("user", "See the directory and change one user's protection", a.userAdd(), a.userList(), a.userSetProfile())
}

func (a *app) userAdd() *cobra.Command {
	var connection, profile string
	command := &cobra.Command{
		Use: "add USER", Short: "Import one Entra user now, by address, user principal name or object id", Args: cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			parent, err := a.theConnection(command.Context(), connection)
			if err != nil {
				return err
			}
			service, err := a.users()
			if err != nil {
				return err
			}
			reply, err := service.ImportUser(command.Context(), &directoryv1.ImportUserRequest{
				Parent: parent, User: arguments[0], Profile: prefixed("profiles", profile)})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { printUsers(out, []*directoryv1.User{reply.GetUser()}) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	command.Flags().StringVar(&profile, "profile", "", "profile that protects the user (default: what the mappings say)")
	return command
}

func (a *app) userList() *cobra.Command {
	var connection, query string
	command := &cobra.Command{
		Use: "list", Short: "List the users of a connection", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			parent, err := a.theConnection(command.Context(), connection)
			if err != nil {
				return err
			}
			service, err := a.users()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), &directoryv1.ListUsersRequest{Parent: parent, Query: query}, service.ListUsers)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printUsers(out, all.GetUsers()) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	command.Flags().StringVar(&query, "query", "", "part of a name or an address")
	return command
}

func (a *app) userSetProfile() *cobra.Command {
	var connection string
	command := &cobra.Command{
		Use: "set-profile USER [PROFILE]", Short: "Set a user's profile; without one, the mappings choose again", Args: cobra.RangeArgs(1, 2),
		RunE: func(command *cobra.Command, arguments []string) error {
			parent, err := a.theConnection(command.Context(), connection)
			if err != nil {
				return err
			}
			request := &directoryv1.SetUserProfileRequest{Name: parent + "/users/" + show.Last(arguments[0])}
			if len(arguments) == 2 {
				request.Profile = prefixed("profiles", arguments[1])
			}
			service, err := a.users()
			if err != nil {
				return err
			}
			reply, err := service.SetUserProfile(command.Context(), request)
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { printUsers(out, []*directoryv1.User{reply.GetUser()}) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	return command
}

func printUsers(out io.Writer, users []*directoryv1.User) {
	var rows [][]string
	for _, u := range users {
		profile := show.Last(u.GetProfile())
		if u.GetProfilePinned() {
			profile += " (set by hand)"
		}
		rows = append(rows, []string{u.GetUserPrincipalName(), u.GetDisplayName(), show.Word(u.GetState(), "USER_STATE_"), profile, u.GetEntraId()})
	}
	show.Table(out, "USER NAME STATE PROFILE OBJECT-ID", rows)
	if len(users) > 1 {
		fmt.Fprintf(out, "%d users\n", len(users))
	}
}
