package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/pkg/fault"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
)

func (a *app) verify() *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use: "verify SNAPSHOT | --all", Short: "Read everything back the way a restore does, and report what is damaged", Args: cobra.MaximumNArgs(1),
		Long: "Read everything back the way a restore does, and report what is damaged.\n\n" + snapshotHelp,
		RunE: func(command *cobra.Command, arguments []string) error {
			if all == (len(arguments) == 1) {
				return wrong("no snapshot is named, or one besides --all", "name one, such as mail:ann@contoso.example, or give --all")
			}
			snapshots, err := a.snapshotsToVerify(command.Context(), arguments)
			if err != nil {
				return err
			}
			service, err := a.vaults()
			if err != nil {
				return err
			}
			var jobs []*backupv1.Job
			for _, snapshot := range snapshots {
				reply, err := service.StartVerify(command.Context(), &backupv1.StartVerifyRequest{Snapshot: snapshot})
				if err != nil {
					return err
				}
				jobs = append(jobs, reply.GetJob())
			}
			return a.watchJobs(command.Context(), jobs)
		},
	}
	command.Flags().BoolVar(&all, "all", false, "the newest snapshot of everything that was ever backed up")
	return command
}

func (a *app) snapshotsToVerify(ctx context.Context, arguments []string) ([]string, error) {
	if len(arguments) == 1 {
		name, err := a.theSnapshot(ctx, arguments[0])
		return []string{name}, err
	}
	service, err := a.resources()
	if err != nil {
		return nil, err
	}
	resources, err := every(ctx, &backupv1.ListResourcesRequest{Parent: "connections/-"}, service.ListResources)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, resource := range resources.GetResources() {
		if resource.GetLastSuccess() != nil {
			names = append(names, resource.GetName()+"/snapshots/latest")
		}
	}
	if names == nil {
		return nil, fault.New(fault.NotFound, "verify", "nothing has been backed up yet", fault.Next("back up with: tenantkeep backup start --all --wait"))
	}
	return names, nil
}
