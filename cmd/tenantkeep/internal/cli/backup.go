package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

func (a *app) backup() *cobra.Command { return group("backup", "Back up now", a.backupStart()) }

func (a *app) backupStart() *cobra.Command {
	var all, wait bool
	var connection string
	request := &backupv1.StartBackupRequest{}
	command := &cobra.Command{
		Use: "start RESOURCE | --all", Short: "Queue a backup", Args: cobra.MaximumNArgs(1),
		Long: `Queue a backup of one mailbox or drive, or of everything that is protected.

The snapshot holds what is in the resource when the command is given: a backup that
waits stands for it, one that has begun to read is followed by another. With --wait the
command ends when that snapshot is there.`,
		Example: "  tenantkeep backup start mail:ann@contoso.example --wait\n  tenantkeep backup start --all",
		RunE: func(command *cobra.Command, arguments []string) error {
			if all == (len(arguments) == 1) {
				return wrong("no resource is named, or one besides --all", "name one, such as mail:ann@contoso.example, or give --all")
			}
			if !all && connection != "" {
				return wrong("--connection belongs to --all", "leave it out: the resource says which connection it is of")
			}
			jobs, err := a.startBackups(command.Context(), connection, arguments, request)
			if err != nil {
				return err
			}
			if wait {
				return a.watchJobs(command.Context(), jobs)
			}
			reply := &backupv1.StartAllBackupsResponse{Jobs: jobs}
			return a.printer().Message(reply, func(out io.Writer) { printJobs(out, jobs) })
		},
	}
	command.Flags().BoolVar(&all, "all", false, "everything that is protected")
	command.Flags().StringVar(&connection, "connection", "", "with --all: of this connection (default: the only one)")
	command.Flags().BoolVar(&request.Full, "full", false, "read everything anew instead of what changed")
	command.Flags().StringVar(&request.RequestId, "request-id", "", "makes retries safe: for a day the same id starts one backup of a resource")
	command.Flags().BoolVar(&wait, "wait", false, "show progress until it has ended")
	return command
}

func (a *app) startBackups(ctx context.Context, connection string, arguments []string, request *backupv1.StartBackupRequest) ([]*backupv1.Job, error) {
	if len(arguments) == 0 {
		return a.startAllBackups(ctx, connection, request)
	}
	var err error
	if request.Resource, err = a.theResource(ctx, arguments[0]); err != nil {
		return nil, err
	}
	service, err := a.backups()
	if err != nil {
		return nil, err
	}
	reply, err := service.StartBackup(ctx, request)
	if err != nil {
		return nil, err
	}
	return []*backupv1.Job{reply.GetJob()}, nil
}

func (a *app) startAllBackups(ctx context.Context, connection string, request *backupv1.StartBackupRequest) ([]*backupv1.Job, error) {
	parent, err := a.theConnection(ctx, connection)
	if err != nil {
		return nil, err
	}
	service, err := a.backups()
	if err != nil {
		return nil, err
	}
	reply, err := service.StartAllBackups(ctx, &backupv1.StartAllBackupsRequest{Parent: parent, Full: request.GetFull(), RequestId: request.GetRequestId()})
	return reply.GetJobs(), err
}
