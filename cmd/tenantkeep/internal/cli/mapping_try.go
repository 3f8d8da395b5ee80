package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	directoryv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/directory/v1"
)

func (a *app) mappingPreview() *cobra.Command {
	var flags mappingFlags
	command := &cobra.Command{
		Use: "preview [MAPPING]", Short: "Show what a new or changed rule would do to whom; nothing changes", Args: cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			read := flags.whole
			if len(arguments) == 1 {
				read = flags.mapping
			}
			mapping, err := read()
			if err != nil {
				return err
			}
			parent, err := a.theConnection(command.Context(), flags.connection)
			if err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			if len(arguments) == 1 {
				if mapping, err = a.changedMapping(command, service, flags.connection, arguments[0], mapping); err != nil {
					return err
				}
			}
			reply, err := service.PreviewMapping(command.Context(), &directoryv1.PreviewMappingRequest{Parent: parent, Mapping: mapping})
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) { printPreview(out, reply) })
		},
	}
	flags.add(command)
	return command
}

// changedMapping is a saved mapping with the fields that the flags give.
func (a *app) changedMapping(command *cobra.Command, service directoryv1.MappingServiceClient, connection, text string, given *directoryv1.Mapping) (*directoryv1.Mapping, error) {
	name, err := a.theMapping(command, connection, text)
	if err != nil {
		return nil, err
	}
	reply, err := service.GetMapping(command.Context(), &directoryv1.GetMappingRequest{Name: name})
	if err != nil {
		return nil, err
	}
	saved := reply.GetMapping()
	for _, path := range changed(command, mappingPaths) {
		field := saved.ProtoReflect().Descriptor().Fields().ByTextName(path)
		saved.ProtoReflect().Set(field, given.ProtoReflect().Get(field))
	}
	return saved, nil
}

func printPreview(out io.Writer, preview *directoryv1.PreviewMappingResponse) {
	var rows [][]string
	for _, u := range preview.GetUsers() {
		rows = append(rows, []string{u.GetUserPrincipalName(), show.Word(u.GetEffect(), "PREVIEW_EFFECT_"),
			show.Last(u.GetProfileBefore()), show.Last(u.GetProfileAfter()), u.GetReason()})
	}
	show.Table(out, "USER EFFECT BEFORE AFTER REASON", rows)
	fmt.Fprintf(out, "in all: %d would come in, %d change profile, %d be suspended, %d stay as they are\n",
		preview.GetProvisionCount(), preview.GetProfileChangeCount(), preview.GetSuspendCount(), preview.GetNoneCount())
}

func (a *app) mappingSync() *cobra.Command {
	var connection string
	request := &directoryv1.SyncDirectoryRequest{}
	command := &cobra.Command{
		Use: "sync", Short: "Read what changed in Entra now", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			var err error
			if request.Parent, err = a.theConnection(command.Context(), connection); err != nil {
				return err
			}
			service, err := a.mappings()
			if err != nil {
				return err
			}
			reply, err := service.SyncDirectory(command.Context(), request)
			if err != nil {
				return err
			}
			err = a.printer().Message(reply, func(out io.Writer) {
				fmt.Fprintf(out, "%d read, %d provisioned, %d updated, %d suspended, %d removed\n",
					reply.GetRead(), reply.GetProvisioned(), reply.GetUpdated(), reply.GetSuspended(), reply.GetRemoved())
				for _, failed := range reply.GetFailed() {
					fmt.Fprintf(out, "  failed   %s\n", failed.GetEntraId())
					printProblem(out, failed.GetProblem())
				}
			})
			if err == nil && len(reply.GetFailed()) > 0 {
				return errPartial
			}
			return err
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "the connection (default: the only one)")
	command.Flags().BoolVar(&request.AllowMassChange, "allow-mass-change", false, "suspend or remove more users than the guard lets pass")
	command.Flags().BoolVar(&request.Full, "full", false, "read everything again")
	return command
}
