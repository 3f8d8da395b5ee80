package cli

import (
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	backupv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/backup/v1"
	typev1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/type/v1"
)

func (a *app) resource() *cobra.Command {
	return group("resource", "See the mailboxes and drives that are protected", a.resourceList())
}

func (a *app) resourceList() *cobra.Command {
	var connection, workload, query string
	command := &cobra.Command{
		Use: "list", Short: "List mailboxes and drives, and how their last backup went", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			request := &backupv1.ListResourcesRequest{Parent: "connections/-", Query: query}
			if workload != "" {
				request.Workload = typev1.Workload(typev1.Workload_value["WORKLOAD_"+strings.ToUpper(workload)])
				if request.Workload == 0 {
					return wrong("workload "+workload, "use mail or files")
				}
			}
			if connection != "" {
				var err error
				if request.Parent, err = a.theConnection(command.Context(), connection); err != nil {
					return err
				}
			}
			service, err := a.resources()
			if err != nil {
				return err
			}
			all, err := every(command.Context(), request, service.ListResources)
			if err != nil {
				return err
			}
			return a.printer().Message(all, func(out io.Writer) { printResources(out, all.GetResources()) })
		},
	}
	command.Flags().StringVar(&connection, "connection", "", "of one connection (default: all)")
	command.Flags().StringVar(&workload, "workload", "", "mail or files (default: both)")
	command.Flags().StringVar(&query, "query", "", "part of the address")
	return command
}

func printResources(out io.Writer, resources []*backupv1.Resource) {
	var rows [][]string
	for _, r := range resources {
		last := r.GetLastBackup()
		outcome := "never"
		if last != nil {
			outcome = show.Word(last.GetOutcome(), "BACKUP_OUTCOME_")
		}
		if r.GetLease() != nil {
			outcome = "running"
		}
		rows = append(rows, []string{show.Word(r.GetWorkload(), "WORKLOAD_") + ":" + r.GetDisplayName(), show.Last(r.GetProfile()), outcome,
			show.Time(last.GetEndTime()), strconv.FormatInt(r.GetLastSuccess().GetItems(), 10), show.Bytes(r.GetLastSuccess().GetBytesStored())})
	}
	show.Table(out, "RESOURCE PROFILE BACKUP ENDED ITEMS STORED", rows)
}
