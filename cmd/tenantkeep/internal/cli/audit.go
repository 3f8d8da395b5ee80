package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/tenantkeep/tenantkeep/cmd/tenantkeep/internal/show"
	authv1 "github.com/tenantkeep/tenantkeep/proto/gen/tenantkeep/auth/v1"
)

func (a *app) audit() *cobra.Command { return group("audit", "See who did what", a.auditList()) }

func (a *app) auditList() *cobra.Command {
	request := &authv1.ListAuditRecordsRequest{}
	command := &cobra.Command{
		Use: "list", Short: "List commands, newest first", Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			service, err := a.audits()
			if err != nil {
				return err
			}
			reply, err := service.ListAuditRecords(command.Context(), request)
			if err != nil {
				return err
			}
			return a.printer().Message(reply, func(out io.Writer) {
				var rows [][]string
				for _, r := range reply.GetRecords() {
					rows = append(rows, []string{show.Time(r.GetTime()), r.GetActor(), show.Last(r.GetMethod()), r.GetTarget(), r.GetOutcome(), r.GetPeer()})
				}
				show.Table(out, "TIME ACTOR COMMAND TARGET OUTCOME FROM", rows)
			})
		},
	}
	command.Flags().Int32Var(&request.PageSize, "limit", 100, "at most this many, up to 1000")
	command.Flags().StringVar(&request.PageToken, "page", "", "go on with nextPageToken of an earlier --json answer")
	return command
}
